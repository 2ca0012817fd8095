package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.carnelian.job.JobStatus;
import dev.carnelian.queue.Job;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job on the wire. The first seven fields are always there, the others when they say something.
 *
 * @param result null until the job has ended; in lists also when it is longer than 8 KiB, see {@code resultOmitted}
 * @param only {@code failed_items} for a rerun that does only the items that failed before
 * @param input only for keys with scope {@code jobs:payload}, and never in lists or in the answer to a POST; secrets in
 *     its headers are masked
 * @param resultOmitted true in a list when the job has a result that is too long to be shown there
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(requiredProperties = {"id", "type", "status", "progress", "result", "createdAt", "completedAt", "rootJobId"})
record JobView(
        String id,
        String type,
        JobStatus status,
        int progress,

        @JsonInclude(JsonInclude.Include.ALWAYS)
        @JsonRawValue
        @Schema(
                implementation = Object.class,
                description = "null until the job has ended; in lists also when it is longer than 8 KiB")
        @Nullable
        String result,

        Instant createdAt,
        @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Instant completedAt,
        @Nullable String originalJobId,
        String rootJobId,

        @Schema(allowableValues = RerunBody.FAILED_ITEMS) @Nullable
        String only,

        @Nullable Instant startedAt,
        @Nullable Instant scheduledAt,
        @Nullable Long durationMs,
        @Nullable StatusReason statusReason,
        int attempt,
        int maxAttempts,
        @Nullable Instant nextAttemptAt,
        @Nullable String progressMessage,
        @Nullable ProgressDetail progressDetail,
        int priority,
        String queue,
        Map<String, String> labels,

        @JsonRawValue
        @Schema(implementation = Object.class, description = "for keys with scope jobs:payload, not in lists")
        @Nullable
        String input,

        @Nullable Instant cancelRequestedAt,
        @Nullable String cancelReason,
        @Nullable String node,
        @Nullable Instant expiresAt,
        int version,
        @Nullable Boolean resultOmitted,
        @Nullable List<AttemptView> attempts,
        @Nullable List<ItemView> items) {

    /** The answer that shows one job: for the description of routes whose answer is ready-made text. */
    @Schema(name = "JobEnvelope")
    record One(JobView data, @Nullable ErrorBody error) {}

    /** Why a job is in its status, where the status alone does not tell. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record StatusReason(
            String code, String message, @Nullable Instant until) {
        static @Nullable StatusReason of(Job job) {
            if (job.isCancelling()) {
                return new StatusReason("cancelling", "The job was asked to stop and will soon be cancelled.", null);
            }
            if (job.status() != JobStatus.PENDING) {
                return null;
            }
            if (job.attempt() > 0) {
                Job.FailureText failure = job.failure();
                String why = failure == null ? "ended early" : "failed: " + failure.message();
                return new StatusReason(
                        "retrying",
                        "Attempt " + job.attempt() + " " + why,
                        job.times().runAt());
            }
            return job.waitsUntil()
                    .map(until -> new StatusReason("scheduled", "The job waits for its time.", until))
                    .orElse(null);
        }
    }

    /** Counts behind the percentage. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ProgressDetail(
            @Nullable Integer processed, @Nullable Integer total, int failed) {
        static @Nullable ProgressDetail of(Job.Progress progress) {
            return progress.total() == null && progress.processed() == null
                    ? null
                    : new ProgressDetail(progress.processed(), progress.total(), progress.failed());
        }
    }

    /** What is shown of a job beside its row. */
    record Extras(
            boolean input,
            @Nullable List<AttemptView> attempts,
            @Nullable List<ItemView> items) {
        static final Extras NONE = new Extras(false, null, null);
    }

    /** A job as lists show it. */
    static JobView listed(Job job) {
        boolean hasResult = job.status() == JobStatus.COMPLETED || job.status() == JobStatus.FAILED;
        return of(job, Extras.NONE, (hasResult && job.result() == null) ? true : null);
    }

    static JobView of(Job job, Extras extras) {
        return of(job, extras, null);
    }

    private static JobView of(Job job, Extras extras, @Nullable Boolean resultOmitted) {
        Job.Times times = job.times();
        return new JobView(
                job.id().toString(),
                job.type(),
                job.status(),
                job.progress().percent(),
                job.result(),
                times.created(),
                times.completed(),
                job.lineage().original() == null
                        ? null
                        : job.lineage().original().toString(),
                job.lineage().root().toString(),
                job.lineage().failedItemsOnly() ? RerunBody.FAILED_ITEMS : null,
                times.started(),
                times.scheduled(),
                duration(times),
                StatusReason.of(job),
                job.attempt(),
                job.settings().maxAttempts(),
                nextAttempt(job),
                job.progress().message(),
                ProgressDetail.of(job.progress()),
                job.settings().priority(),
                job.settings().queue(),
                job.settings().labels(),
                extras.input() ? MaskedInput.of(job.input()) : null,
                times.cancelRequested(),
                job.cancelReason(),
                job.node(),
                times.expires(),
                job.version(),
                resultOmitted,
                extras.attempts(),
                extras.items());
    }

    private static @Nullable Instant nextAttempt(Job job) {
        boolean retrying = job.status() == JobStatus.PENDING && job.attempt() > 0;
        return retrying ? job.times().runAt() : null;
    }

    private static @Nullable Long duration(Job.Times times) {
        Instant started = times.started();
        Instant completed = times.completed();
        return started == null || completed == null
                ? null
                : Duration.between(started, completed).toMillis();
    }
}
