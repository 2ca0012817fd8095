package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which of a tenant's jobs a list shows; null means any.
 *
 * @param labels all of these must be there
 * @param root the first job of a chain of reruns, for the whole chain
 * @param node for the jobs that this node runs now
 */
public record JobFilter(
        @Nullable JobStatus status,
        @Nullable String type,
        @Nullable String queue,
        Map<String, String> labels,
        @Nullable Instant createdAfter,
        @Nullable Instant createdBefore,
        @Nullable JobId root,
        @Nullable String node) {
    public JobFilter {
        labels = Map.copyOf(labels);
    }

    /** Every job. */
    public static JobFilter all() {
        return new JobFilter(null, null, null, Map.of(), null, null, null, null);
    }
}
