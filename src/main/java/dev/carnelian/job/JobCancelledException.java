package dev.carnelian.job;

/** Tells a handler that its attempt must end now. It is not a failure: let it propagate. */
public final class JobCancelledException extends RuntimeException {
    public JobCancelledException(String why) {
        super(why);
    }
}
