package dev.carnelian.job;

/**
 * Does the work of one job type.
 *
 * <p>One handler serves all jobs of its type on a node, from many threads at once, so it keeps no state between calls.
 * A job runs at least once: after a crash, a pause or a lost database link it may run again, so an attempt must be safe
 * to repeat. Found by {@link java.util.ServiceLoader} when it has a public constructor without arguments.
 */
public interface JobHandler<I, R> {
    /** The type this handler serves. Always the same value. */
    JobType<I, R> type();

    /**
     * Runs one attempt.
     *
     * @param input already bound and validated
     * @return the result of the completed job
     * @throws JobFailedException when the attempt failed for a known reason, retryable or not
     * @throws JobCancelledException passed through from the context
     * @throws Exception anything else is a retryable failure with code {@code handler_error}
     */
    R handle(I input, JobContext context) throws Exception;

    /**
     * Looks at an input before its job is accepted, for what its constraints cannot say; called again for each rerun that
     * changes it. Nothing is checked unless a handler overrides this. Must be quick: a caller waits for it, and the last
     * jobs of a large request are accepted without it when the first ones took too long; so an attempt checks again.
     *
     * @param input already bound and validated
     * @throws InputRefusedException to refuse the job with 422
     */
    default void check(I input) {}
}
