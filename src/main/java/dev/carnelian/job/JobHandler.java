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
}
