package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.validation.Validator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Binds JSON to records and checks their constraints, and names every field at fault as the client wrote it. Thread-safe. */
public final class Validation {
    private final ObjectMapper json;
    private final Validator validator;

    public Validation(ObjectMapper json, Validator validator) {
        this.json = json;
        this.validator = validator;
    }

    /**
     * The value as a checked record of that type.
     *
     * @param field where the value stands in the request, as in {@code input}
     * @throws ApiException {@code validation_failed}
     */
    public <T> T bind(JsonNode value, Class<T> type, String field) {
        T bound;
        try {
            bound = read(value, type);
        } catch (ApiException e) {
            throw below(field, e);
        }
        refuseIfAny(violations(bound, field + "."));
        return bound;
    }

    /**
     * The value as a record of that type, whose constraints are not checked yet.
     *
     * @throws ApiException {@code validation_failed}
     */
    <T> T read(JsonNode value, Class<T> type) {
        if (value.isNull()) {
            String message = "must be an object";
            throw new ApiException(ErrorCode.VALIDATION_FAILED, message)
                    .withDetails(List.of(new FieldError("", message)));
        }
        try {
            return json.treeToValue(value, type);
        } catch (JsonProcessingException e) {
            throw JsonFailures.answerTo(e)
                    .orElseThrow(() -> new IllegalStateException("cannot read a " + type.getName(), e));
        }
    }

    /**
     * Checks a record's constraints.
     *
     * @param more what was found wrong beside them
     * @throws ApiException {@code validation_failed}
     */
    void check(Object value, List<FieldError> more) {
        List<FieldError> errors = violations(value, "");
        errors.addAll(more);
        refuseIfAny(errors);
    }

    private static void refuseIfAny(List<FieldError> errors) {
        if (!errors.isEmpty()) {
            FieldError first = errors.get(0);
            throw new ApiException(ErrorCode.VALIDATION_FAILED, first.field() + " " + first.message())
                    .withDetails(errors);
        }
    }

    /** The answer to what is wrong with a part of a request, as the answer to the request. */
    static ApiException below(String field, ApiException answer) {
        List<FieldError> errors = answer.details().stream()
                .map(error ->
                        new FieldError(error.field().isEmpty() ? field : field + "." + error.field(), error.message()))
                .toList();
        return new ApiException(answer.code(), field + ": " + answer.message()).withDetails(errors);
    }

    private <T> List<FieldError> violations(T value, String prefix) {
        List<FieldError> errors = new ArrayList<>();
        for (ConstraintViolation<T> violation : validator.validate(value)) {
            errors.add(new FieldError(prefix + path(violation.getPropertyPath()), violation.getMessage()));
        }
        errors.sort(Comparator.comparing(FieldError::field).thenComparing(FieldError::message));
        return errors;
    }

    /** The path without the validator's own words for elements of containers, as in {@code documents[0].url}. */
    private static String path(Path path) {
        StringBuilder text = new StringBuilder();
        for (Path.Node node : path) {
            if (node.getIndex() != null) {
                text.append('[').append(node.getIndex()).append(']');
            } else if (node.getKey() != null) {
                text.append('.').append(node.getKey());
            }
            if (node.getKind() == ElementKind.PROPERTY) {
                text.append(text.isEmpty() ? "" : ".").append(node.getName());
            }
        }
        return text.toString();
    }
}
