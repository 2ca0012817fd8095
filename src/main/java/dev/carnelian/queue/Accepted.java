package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A wanted job with the identity that it is going to be stored under. */
record Accepted(JobId id, NewJob wanted, Job.Lineage lineage) {
    static Accepted first(NewJob wanted) {
        JobId id = JobId.next();
        return new Accepted(id, wanted, new Job.Lineage(null, id, false));
    }

    static Accepted rerun(Job old, Rerun wanted) {
        String input = wanted.input() != null ? wanted.input() : Objects.requireNonNull(old.input());
        Integer priority = wanted.priority();
        JobSettings settings =
                priority == null ? old.settings() : old.settings().withPriority(priority);
        NewJob job =
                new NewJob(old.tenant(), old.type(), input, settings, wanted.scheduledAt(), null, wanted.createdBy());
        Job.Lineage before = old.lineage();
        boolean failedItemsOnly = wanted.failedItemsOnly() || before.failedItemsOnly();
        return new Accepted(JobId.next(), job, new Job.Lineage(old.id(), before.root(), failedItemsOnly));
    }

    /** The time the caller asked for, as exact as the database keeps it. */
    @Nullable
    Instant scheduledAt() {
        Instant time = wanted.scheduledAt();
        return time == null ? null : time.truncatedTo(ChronoUnit.MICROS);
    }

    Triggers.Planned trigger() {
        return new Triggers.Planned(
                id,
                wanted.tenant(),
                wanted.type(),
                wanted.settings().priority(),
                scheduledAt(),
                Objects.requireNonNullElse(wanted.delay(), Duration.ZERO));
    }

    @Nullable
    Long delayMillis() {
        return wanted.delay() == null ? null : wanted.delay().toMillis();
    }

    /** The job as it reads once stored, which saves reading it back. */
    Job storedAt(Instant now) {
        Instant asked = scheduledAt();
        Instant scheduled = asked == null && wanted.delay() != null ? now.plus(wanted.delay()) : asked;
        Instant runAt = scheduled == null || scheduled.isBefore(now) ? now : scheduled;
        return new Job(
                id,
                wanted.tenant(),
                wanted.type(),
                JobStatus.PENDING,
                wanted.settings(),
                lineage,
                new Job.Times(now, scheduled, runAt, null, null, null, null, now),
                0,
                null,
                null,
                new Job.Progress(0, null, null, 0, null),
                null,
                wanted.input(),
                null,
                1);
    }
}
