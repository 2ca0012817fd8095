package dev.carnelian.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Thrown by a handler to end its attempt with a failure it can name. */
public final class JobFailedException extends RuntimeException {
    private final JobFailure failure;
    private final Duration wait;

    public JobFailedException(JobFailure failure) {
        this(failure, null, Duration.ZERO);
    }

    public JobFailedException(JobFailure failure, Throwable cause) {
        this(failure, cause, Duration.ZERO);
    }

    private JobFailedException(JobFailure failure, @Nullable Throwable cause, Duration wait) {
        super(failure.code() + ": " + failure.message(), cause);
        this.failure = failure;
        this.wait = wait;
    }

    /**
     * The same for a handler that knows when another attempt makes sense.
     *
     * @param wait the next attempt, if there is one, is not made before; a longer backoff and 24 hours are the bounds
     */
    public JobFailedException notBefore(Duration wait) {
        return new JobFailedException(failure, getCause(), wait);
    }

    public JobFailure failure() {
        return failure;
    }

    /** The shortest wait before another attempt, zero unless the handler said so. */
    public Duration shortestWait() {
        return wait;
    }
}
