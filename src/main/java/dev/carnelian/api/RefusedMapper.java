package dev.carnelian.api;

import dev.carnelian.queue.RefusedException;
import dev.carnelian.queue.RefusedException.Reason;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.time.Duration;

/** Says on the wire why the queue refused. */
final class RefusedMapper implements ExceptionMapper<RefusedException> {
    @Override
    public Response toResponse(RefusedException refused) {
        ApiException answer = new ApiException(codeOf(refused.reason()), String.valueOf(refused.getMessage()));
        boolean passes = refused.reason() == Reason.IDEMPOTENCY_IN_PROGRESS || refused.reason() == Reason.BUSY;
        return EveryFailure.render(passes ? answer.withRetryAfter(Duration.ofSeconds(1)) : answer);
    }

    private static ErrorCode codeOf(Reason reason) {
        return switch (reason) {
            case JOB_NOT_FOUND -> ErrorCode.JOB_NOT_FOUND;
            case JOB_NOT_RERUNNABLE -> ErrorCode.JOB_NOT_RERUNNABLE;
            case JOB_NOT_CANCELLABLE -> ErrorCode.JOB_NOT_CANCELLABLE;
            case JOB_ACTIVE -> ErrorCode.JOB_ACTIVE;
            case IDEMPOTENCY_KEY_REUSED -> ErrorCode.IDEMPOTENCY_KEY_REUSED;
            case IDEMPOTENCY_IN_PROGRESS -> ErrorCode.IDEMPOTENCY_IN_PROGRESS;
            case BUSY -> ErrorCode.UNAVAILABLE;
        };
    }
}
