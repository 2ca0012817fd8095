package dev.carnelian.queue;

import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobId;
import dev.carnelian.queue.Job.Lineage;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The columns of {@code jobs} that a new job brings along; the database fills in the others. Public as JDBI reads it. */
public record JobRow(
        UUID id,
        String tenant,
        String type,
        String queue,
        int priority,
        String labels,
        String input,
        int maxAttempts,
        String backoffKind,
        long backoffInitialMs,
        long backoffMaxMs,
        double backoffJitter,
        long timeoutMs,
        long retentionSeconds,
        @Nullable UUID original,
        UUID root,
        @Nullable UUID createdBy,
        @Nullable Instant scheduledAt,
        @Nullable Long delayMs) {

    static JobRow of(NewJob job) {
        JobId id = JobId.next();
        return of(job, id, new Lineage(null, id));
    }

    static JobRow rerun(Job old, Rerun wanted) {
        String input = wanted.input() != null ? wanted.input() : Objects.requireNonNull(old.input());
        Integer priority = wanted.priority();
        JobSettings settings =
                priority == null ? old.settings() : old.settings().withPriority(priority);
        NewJob job =
                new NewJob(old.tenant(), old.type(), input, settings, wanted.scheduledAt(), null, wanted.createdBy());
        return of(job, JobId.next(), new Lineage(old.id(), old.lineage().root()));
    }

    private static JobRow of(NewJob job, JobId id, Lineage lineage) {
        JobSettings settings = job.settings();
        Backoff backoff = settings.backoff();
        JobId original = lineage.original();
        Duration delay = job.delay();
        return new JobRow(
                id.value(),
                job.tenant().value(),
                job.type(),
                settings.queue(),
                settings.priority(),
                Labels.toJson(settings.labels()),
                job.input(),
                settings.maxAttempts(),
                backoff.kind().name().toLowerCase(Locale.ROOT),
                backoff.initial().toMillis(),
                backoff.max().toMillis(),
                backoff.jitter(),
                settings.timeout().toMillis(),
                settings.retention().toSeconds(),
                original == null ? null : original.value(),
                lineage.root().value(),
                job.createdBy(),
                job.scheduledAt(),
                delay == null ? null : delay.toMillis());
    }
}
