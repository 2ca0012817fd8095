package dev.carnelian.api;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Answers every exception that reaches Jersey with the error envelope, and logs what is our fault. */
final class EveryFailure implements ExceptionMapper<Throwable> {
    private static final Logger LOG = LoggerFactory.getLogger(EveryFailure.class);

    @Override
    public Response toResponse(Throwable failure) {
        if (failure instanceof WebApplicationException web && web.getResponse().getStatus() < 400) {
            return web.getResponse();
        }
        Optional<ApiException> answer = Failures.answerTo(failure);
        if (answer.isEmpty()) {
            LOG.error("a request failed; its caller got 500", failure);
            return render(new ApiException(ErrorCode.INTERNAL, HttpErrors.messageOf(ErrorCode.INTERNAL)), failure);
        }
        if (answer.get().code().status() >= 500) {
            LOG.warn("a request was answered {}: {}", answer.get().code().wireName(), failure.toString());
        } else {
            LOG.debug("a request was answered {}", answer.get().code().wireName());
        }
        return render(answer.get(), failure);
    }

    private static Response render(ApiException answer, Throwable failure) {
        Response response = render(answer);
        if (failure instanceof WebApplicationException web) {
            Object allowed = web.getResponse().getHeaders().getFirst(HttpHeaders.ALLOW);
            return allowed == null
                    ? response
                    : Response.fromResponse(response)
                            .header(HttpHeaders.ALLOW, allowed)
                            .build();
        }
        return response;
    }

    static Response render(ApiException answer) {
        ErrorBody body = new ErrorBody(
                answer.code().wireName(), answer.message(), answer.details(), MDC.get(RequestIds.MDC_KEY));
        Response.ResponseBuilder response = Response.status(answer.code().status())
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(Envelope.failure(body));
        if (answer.code().status() == Response.Status.UNAUTHORIZED.getStatusCode()) {
            response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        answer.retryAfter().ifPresent(wait -> response.header(HttpHeaders.RETRY_AFTER, seconds(wait)));
        return response.build();
    }

    private static long seconds(Duration wait) {
        return Math.max(1, wait.plusMillis(999).toSeconds());
    }
}
