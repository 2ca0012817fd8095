package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.carnelian.job.JobStatus;
import dev.carnelian.queue.Job;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A new job among many: what its caller could not know, and the rest is a GET away. */
record JobBrief(
        String id,
        String type,
        JobStatus status,
        Instant createdAt,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant scheduledAt) {
    static JobBrief of(Job job) {
        return new JobBrief(
                job.id().toString(),
                job.type(),
                job.status(),
                job.times().created(),
                job.times().scheduled());
    }
}
