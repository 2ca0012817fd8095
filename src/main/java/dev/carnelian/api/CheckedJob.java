package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.carnelian.queue.JobSettings;
import dev.carnelian.queue.NewJob;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a job would have been, with all that its type decides. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record CheckedJob(
        String type,
        String queue,
        int priority,
        @Nullable Instant scheduledAt,
        int maxAttempts,
        long timeoutSeconds,
        long retentionSeconds) {
    static CheckedJob of(NewJob job) {
        JobSettings settings = job.settings();
        return new CheckedJob(
                job.type(),
                settings.queue(),
                settings.priority(),
                job.scheduledAt(),
                settings.maxAttempts(),
                settings.timeout().toSeconds(),
                settings.retention().toSeconds());
    }
}
