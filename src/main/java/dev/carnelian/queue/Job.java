package dev.carnelian.queue;

import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.job.TenantId;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A job as it stood when it was read. Times are the database's, to the microsecond.
 *
 * @param attempt the attempt under way or the last one, 0 before the first
 * @param node where the attempt under way or the last one ran, null before the first
 * @param failure why the last attempt failed, null if none did
 * @param input JSON text; null in lists, which carry no payloads
 * @param result JSON text; null until the job is final, and for a cancelled one
 */
public record Job(
        JobId id,
        TenantId tenant,
        String type,
        JobStatus status,
        JobSettings settings,
        Lineage lineage,
        Times times,
        int attempt,
        @Nullable String node,
        @Nullable FailureText failure,
        Progress progress,
        @Nullable String cancelReason,
        @Nullable String input,
        @Nullable String result,
        int version) {

    /**
     * Where a job comes from.
     *
     * @param original the job this one reruns, null for a first one
     * @param root the first job of the chain, which is the job itself when it reruns none
     * @param failedItemsOnly whether it does only items that failed before
     */
    public record Lineage(@Nullable JobId original, JobId root, boolean failedItemsOnly) {}

    /**
     * When things happened or will.
     *
     * @param scheduled the time the caller asked for, null if none
     * @param runAt when the next attempt of a pending job is due
     * @param started when the last attempt started
     */
    public record Times(
            Instant created,
            @Nullable Instant scheduled,
            Instant runAt,
            @Nullable Instant started,
            @Nullable Instant completed,
            @Nullable Instant cancelRequested,
            @Nullable Instant expires,
            Instant readAt) {}

    /** A failure's code and message. */
    public record FailureText(String code, String message) {
        static @Nullable FailureText of(@Nullable String code, @Nullable String message) {
            return code == null || message == null ? null : new FailureText(code, message);
        }
    }

    /**
     * How far the last attempt came.
     *
     * @param percent 0 to 100, 100 only for a completed job
     */
    public record Progress(
            int percent,
            @Nullable Integer processed,
            @Nullable Integer total,
            int failed,
            @Nullable String message) {}

    /** One attempt of a job. */
    public record Attempt(
            int number,
            String node,
            String outcome,
            Instant startedAt,
            @Nullable Instant endedAt,
            @Nullable JobFailure failure) {}

    /** One line of a job's log. */
    public record LogLine(long id, int attempt, Instant at, String level, String message) {}

    /** The outcome of one unit of a job's work. */
    public record Item(
            int position,
            String name,
            int attempt,
            @Nullable JobFailure failure) {}

    /** Whether a cancel of the running job was accepted. */
    public boolean isCancelling() {
        return status == JobStatus.RUNNING && times.cancelRequested() != null;
    }

    /** When a pending job is due; empty once it is due or has started. */
    public Optional<Instant> waitsUntil() {
        return status == JobStatus.PENDING && times.runAt().isAfter(times.readAt())
                ? Optional.of(times.runAt())
                : Optional.empty();
    }
}
