package dev.carnelian.api;

import dev.carnelian.job.InputCheck;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobType;
import java.time.Duration;
import java.util.List;

/** What the handlers say to the inputs of one request, as long as they do not take too long over it. For one thread. */
final class InputChecks {
    /** A handler may have to ask a name server; a caller with a thousand jobs does not wait for a thousand of them. */
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private final InputCheck handlers;
    private final long endsAt = System.nanoTime() + LONGEST.toNanos();

    InputChecks(InputCheck handlers) {
        this.handlers = handlers;
    }

    /**
     * Asks the type's handler, unless the time is over.
     *
     * @throws ApiException with the handler's code if it is one of the API's for such inputs, else {@code validation_failed}
     */
    void check(JobType<?, ?> type, Object input) {
        if (System.nanoTime() >= endsAt) {
            return;
        }
        try {
            handlers.check(type, input);
        } catch (InputRefusedException e) {
            ErrorCode code = ErrorCode.ofWireName(e.code())
                    .filter(known -> known.status() == ErrorCode.VALIDATION_FAILED.status())
                    .orElse(ErrorCode.VALIDATION_FAILED);
            String field = "input." + e.field();
            String message = String.valueOf(e.getMessage());
            throw new ApiException(code, field + ": " + message).withDetails(List.of(new FieldError(field, message)));
        }
    }
}
