package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Says in the caller's words what Jackson found wrong with a body. */
final class JsonFailures {
    private JsonFailures() {}

    /** The answer, or empty when the fault is ours: a value that cannot be written, a type that cannot be read. */
    static Optional<ApiException> answerTo(JsonProcessingException failure) {
        // What breaks inside a value comes wrapped with the path to it.
        if (failure.getCause() instanceof StreamReadException
                || failure.getCause() instanceof StreamConstraintsException) {
            return answerTo((JsonProcessingException) failure.getCause());
        }
        if (failure.getProcessor() instanceof JsonGenerator || failure instanceof InvalidDefinitionException) {
            return Optional.empty();
        }
        if (failure instanceof StreamConstraintsException) {
            return Optional.of(limitAnswer(String.valueOf(failure.getOriginalMessage())));
        }
        if (failure instanceof InputCoercionException number) {
            return Optional.of(invalid(fieldAt(number), "must be " + nameOf(number.getTargetType())));
        }
        if (failure instanceof StreamReadException) {
            return Optional.of(malformed(parseMessage(failure)));
        }
        if (failure instanceof JsonMappingException mapping) {
            return Optional.of(mappingAnswer(mapping));
        }
        return Optional.of(malformed("the body is not JSON"));
    }

    private static ApiException limitAnswer(String found) {
        return found.startsWith("String value length")
                ? new ApiException(
                        ErrorCode.PAYLOAD_TOO_LARGE,
                        "a string of the body may have at most %d KiB".formatted(ApiJson.MAX_STRING / 1024))
                : malformed("the JSON exceeds a limit: %d levels, numbers of %d digits"
                        .formatted(ApiJson.MAX_DEPTH, ApiJson.MAX_DIGITS));
    }

    private static String parseMessage(JsonProcessingException failure) {
        String found = String.valueOf(failure.getOriginalMessage());
        String what =
                found.startsWith("Duplicate field") ? "an object of the body has a key twice" : "the body is not JSON";
        JsonLocation location = failure.getLocation();
        return location == null || location.getLineNr() < 1
                ? what
                : what + " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr());
    }

    private static ApiException mappingAnswer(JsonMappingException failure) {
        String found = String.valueOf(failure.getOriginalMessage());
        if (found.startsWith("No content to map")) {
            return malformed("a JSON body is required");
        }
        if (found.startsWith("Trailing token")) {
            return malformed("the body has more after its JSON value");
        }
        return invalid(path(failure), message(failure));
    }

    private static ApiException invalid(String field, String message) {
        return new ApiException(ErrorCode.VALIDATION_FAILED, (field.isEmpty() ? "the body" : field) + " " + message)
                .withDetails(List.of(new FieldError(field, message)));
    }

    private static String fieldAt(InputCoercionException failure) {
        JsonParser json = failure.getProcessor();
        String name = json == null ? null : json.getParsingContext().getCurrentName();
        return name == null ? "" : name;
    }

    private static String message(JsonMappingException failure) {
        if (failure instanceof StrictJson.FlawException) {
            return failure.getOriginalMessage();
        }
        if (failure instanceof UnrecognizedPropertyException) {
            return "is not a field that can be set";
        }
        if (failure instanceof ValueInstantiationException
                && failure.getCause() instanceof IllegalArgumentException refused
                && refused.getMessage() != null) {
            return refused.getMessage();
        }
        if (failure instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
            return "must be " + nameOf(mismatch.getTargetType());
        }
        return "has a value that is not taken";
    }

    private static String nameOf(Class<?> type) {
        if (type == String.class) {
            return "a string";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (List.of(int.class, Integer.class, long.class, Long.class).contains(type)) {
            return "an integer of %d bits".formatted(type == int.class || type == Integer.class ? 32 : 64);
        }
        if (type == double.class || Number.class.isAssignableFrom(type)) {
            return "a number";
        }
        if (type == Instant.class) {
            return "a time of RFC 3339";
        }
        if (type == UUID.class) {
            return "a UUID";
        }
        if (type.isEnum()) {
            return "one of "
                    + String.join(
                            ", ",
                            Arrays.stream(type.getEnumConstants())
                                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                                    .toList());
        }
        return Collection.class.isAssignableFrom(type) || type.isArray()
                ? "a list"
                : Map.class.isAssignableFrom(type) || type.isRecord() ? "an object" : "of another type";
    }

    private static String path(JsonMappingException failure) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference step : failure.getPath()) {
            if (step.getFieldName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
            }
        }
        return path.toString();
    }

    private static ApiException malformed(String message) {
        return new ApiException(ErrorCode.MALFORMED_JSON, message);
    }
}
