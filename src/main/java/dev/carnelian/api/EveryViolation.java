package dev.carnelian.api;

import io.dropwizard.jersey.validation.ConstraintMessage;
import io.dropwizard.jersey.validation.JerseyViolationException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.glassfish.jersey.server.model.Invocable;
import org.glassfish.jersey.server.model.Parameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers what bean validation refuses: 422 for a body, 400 for a parameter, 500 for an answer of our own. */
final class EveryViolation implements ExceptionMapper<ConstraintViolationException> {
    private static final Logger LOG = LoggerFactory.getLogger(EveryViolation.class);

    @Override
    public Response toResponse(ConstraintViolationException failure) {
        if (!(failure instanceof JerseyViolationException violation)) {
            return ours(failure);
        }
        Invocable invocable = violation.getInvocable();
        int status = ConstraintMessage.determineStatus(violation.getConstraintViolations(), invocable);
        if (status >= 500) {
            return ours(failure);
        }
        List<FieldError> details = violation.getConstraintViolations().stream()
                .map(one -> new FieldError(field(one, invocable), String.valueOf(one.getMessage())))
                .sorted(Comparator.comparing(FieldError::field).thenComparing(FieldError::message))
                .toList();
        if (details.get(0).field().isEmpty() && isAbsent(violation)) {
            return EveryFailure.render(new ApiException(ErrorCode.MALFORMED_JSON, "a JSON body is required"));
        }
        ErrorCode code = status == 400 ? ErrorCode.INVALID_PARAMETER : ErrorCode.VALIDATION_FAILED;
        FieldError first = details.get(0);
        return EveryFailure.render(
                new ApiException(code, (first.field() + " " + first.message()).strip()).withDetails(details));
    }

    private static boolean isAbsent(JerseyViolationException violation) {
        return violation.getConstraintViolations().stream().allMatch(one -> one.getInvalidValue() == null);
    }

    private static Response ours(ConstraintViolationException failure) {
        LOG.error("a request failed; its caller got 500", failure);
        return EveryFailure.render(new ApiException(ErrorCode.INTERNAL, HttpErrors.messageOf(ErrorCode.INTERNAL)));
    }

    private static String field(ConstraintViolation<?> violation, Invocable invocable) {
        return ConstraintMessage.isRequestEntity(violation, invocable)
                // Hibernate Validator names the elements of a list, which no client ever wrote.
                .map(path -> path.replaceAll("\\.?<[^>]*>", ""))
                .or(() -> parameter(violation, invocable))
                .orElseGet(() -> String.valueOf(violation.getPropertyPath()));
    }

    private static Optional<String> parameter(ConstraintViolation<?> violation, Invocable invocable) {
        for (Path.Node node : violation.getPropertyPath()) {
            if (node.getKind() == ElementKind.PARAMETER) {
                Parameter parameter = invocable
                        .getParameters()
                        .get(node.as(Path.ParameterNode.class).getParameterIndex());
                return Optional.ofNullable(parameter.getSourceName());
            }
        }
        return Optional.empty();
    }
}
