package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.carnelian.job.JobFailure;
import dev.carnelian.queue.Job;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One attempt on the wire.
 *
 * @param outcome running, completed, failed, cancelled, or lost with its node
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record AttemptView(
        int attempt,
        String node,
        String outcome,
        Instant startedAt,
        @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Instant endedAt,
        @Nullable JobFailure error) {
    static AttemptView of(Job.Attempt attempt) {
        return new AttemptView(
                attempt.number(),
                attempt.node(),
                attempt.outcome(),
                attempt.startedAt(),
                attempt.endedAt(),
                attempt.failure());
    }
}
