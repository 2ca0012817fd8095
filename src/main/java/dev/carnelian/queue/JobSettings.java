package dev.carnelian.queue;

import dev.carnelian.job.Backoff;
import java.time.Duration;
import java.util.Map;

/**
 * How a job is to be run, fixed when it is accepted.
 *
 * @param queue a name for grouping, {@code default} unless the caller says otherwise
 * @param priority -100 to 100, higher first among due jobs
 * @param labels the caller's own keys and values
 * @param maxAttempts attempts that may fail before the job fails; attempts lost with their node do not count
 * @param timeout the longest one attempt may take
 * @param retention how long the job is kept after it ended
 */
public record JobSettings(
        String queue,
        int priority,
        Map<String, String> labels,
        int maxAttempts,
        Backoff backoff,
        Duration timeout,
        Duration retention) {
    /** The queue of a job that names none. */
    public static final String DEFAULT_QUEUE = "default";

    public JobSettings {
        labels = Map.copyOf(labels);
    }

    /** The same settings at another priority. */
    public JobSettings withPriority(int other) {
        return new JobSettings(queue, other, labels, maxAttempts, backoff, timeout, retention);
    }
}
