package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.carnelian.access.KeysUnavailableException;
import dev.carnelian.storage.StorageUnavailableException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.NoContentException;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.io.EofException;
import org.glassfish.jersey.server.ParamException;

/** Turns whatever was thrown into what the caller is told. */
final class Failures {
    private static final Duration TRY_AGAIN = Duration.ofSeconds(2);
    /** Connection lost, session ended for idling, out of resources, server going down, deadlock, no lock, timed out. */
    private static final List<String> TRANSIENT_STATES = List.of("08", "25P", "53", "57P", "40", "55P03", "57014");

    private Failures() {}

    /** The answer; empty when the fault is ours. */
    static Optional<ApiException> answerTo(Throwable failure) {
        // Jackson wraps what is thrown while it reads, and so hides the limit of a body and a cut connection.
        Optional<ApiException> ours = find(failure, ApiException.class);
        if (ours.isPresent()) {
            return ours;
        }
        if (failure instanceof ParamException parameter) {
            return Optional.of(answerTo(parameter));
        }
        if (failure instanceof WebApplicationException web) {
            return answerTo(web);
        }
        Optional<JsonProcessingException> json = find(failure, JsonProcessingException.class);
        if (json.isPresent()) {
            return JsonFailures.answerTo(json.get());
        }
        if (isDatabaseTrouble(failure)) {
            return Optional.of(answer(ErrorCode.DATABASE_UNAVAILABLE).withRetryAfter(TRY_AGAIN));
        }
        if (find(failure, StorageUnavailableException.class).isPresent()) {
            return Optional.of(new ApiException(ErrorCode.UNAVAILABLE, "files cannot be stored or read at the moment")
                    .withRetryAfter(TRY_AGAIN));
        }
        Optional<HttpException> jetty = find(failure, HttpException.class);
        if (jetty.isPresent()) {
            ErrorCode code = HttpErrors.codeOf(jetty.get().getCode());
            return code.status() >= 500 ? Optional.empty() : Optional.of(answer(code));
        }
        // Nobody is there to read the answer.
        return find(failure, EofException.class).map(gone -> answer(ErrorCode.BAD_REQUEST));
    }

    private static ApiException answerTo(ParamException failure) {
        // Jersey's own words for a path that is not what the route wants; a query or header is the caller's mistake.
        ErrorCode code = failure instanceof ParamException.PathParamException
                ? ErrorCode.ROUTE_NOT_FOUND
                : ErrorCode.INVALID_PARAMETER;
        return answer(code)
                .withDetails(List.of(new FieldError(failure.getParameterName(), "has a value that is not taken")));
    }

    private static Optional<ApiException> answerTo(WebApplicationException failure) {
        Optional<JsonProcessingException> json = find(failure, JsonProcessingException.class);
        if (json.isPresent()) {
            return JsonFailures.answerTo(json.get());
        }
        if (find(failure, NoContentException.class).isPresent()) {
            return Optional.of(new ApiException(ErrorCode.MALFORMED_JSON, "a JSON body is required"));
        }
        ErrorCode code = HttpErrors.codeOf(failure.getResponse().getStatus());
        return code.status() >= 500 ? Optional.empty() : Optional.of(answer(code));
    }

    private static boolean isDatabaseTrouble(Throwable failure) {
        return ExceptionUtils.stream(failure)
                .anyMatch(cause -> cause instanceof KeysUnavailableException
                        || cause instanceof SQLTransientException
                        || (cause instanceof SQLException sql && isTransient(sql)));
    }

    private static boolean isTransient(SQLException failure) {
        String state = failure.getSQLState();
        // A pool that has no connection to give throws without a state.
        return state == null || TRANSIENT_STATES.stream().anyMatch(state::startsWith);
    }

    private static ApiException answer(ErrorCode code) {
        return new ApiException(code, HttpErrors.messageOf(code));
    }

    private static <T> Optional<T> find(Throwable failure, Class<T> type) {
        return ExceptionUtils.stream(failure)
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst();
    }
}
