package dev.carnelian.job;

/** Thrown by a handler to end its attempt with a failure it can name. */
public final class JobFailedException extends RuntimeException {
    private final JobFailure failure;

    public JobFailedException(JobFailure failure) {
        super(failure.code() + ": " + failure.message());
        this.failure = failure;
    }

    public JobFailedException(JobFailure failure, Throwable cause) {
        super(failure.code() + ": " + failure.message(), cause);
        this.failure = failure;
    }

    public JobFailure failure() {
        return failure;
    }
}
