package dev.carnelian.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobType;
import dev.carnelian.queue.JobSettings;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The body of POST /jobs. What it leaves out, the job's type decides. */
record CreateJob(
        @NotNull String type,

        @Schema(implementation = Object.class, description = "what the type takes, at most 256 KiB") @Nullable
        JsonNode input,

        @Min(-100) @Max(100) @Nullable Integer priority,

        @Pattern(regexp = "[a-z0-9][a-z0-9_.-]{0,62}", message = QUEUE_NAME) @Nullable
        String queue,

        @Nullable Instant scheduledAt,
        @Min(0) @Max(YEAR) @Nullable Integer delaySeconds,
        @Min(1) @Max(JobType.Limits.MAX_ATTEMPTS) @Nullable Integer maxAttempts,
        @Valid @Nullable BackoffBody backoff,
        @Min(1) @Max(DAY) @Nullable Integer timeoutSeconds,

        @Size(max = 20) @Nullable
        Map<
                        @Pattern(regexp = "[A-Za-z0-9][A-Za-z0-9_./-]{0,62}", message = LABEL_KEY) String,
                        @NotNull @Size(max = 255) String>
                labels,

        @Min(60) @Max(YEAR) @Nullable Integer retentionSeconds,

        @Schema(hidden = true) @Nullable Object uniqueKey,

        @Schema(hidden = true) @Nullable Object uniqueFor,

        @Schema(hidden = true) @Nullable Object concurrencyKey,

        @Schema(hidden = true) @Nullable Object deadline,

        @Schema(hidden = true) @Nullable Object webhook,

        @Schema(hidden = true) @Nullable Object dependsOn) {
    private static final String QUEUE_NAME =
            "must be 1 to 63 of a-z, 0-9, '_', '.', '-', beginning with a letter or digit";
    private static final String LABEL_KEY =
            "must have keys of 1 to 63 letters, digits, '_', '.', '/', '-', beginning with a letter or digit";
    private static final int DAY = 24 * 60 * 60;
    private static final int YEAR = 366 * DAY;
    private static final Duration RETENTION = Duration.ofDays(7);

    /** How long to wait between attempts. */
    record BackoffBody(
            Backoff.@Nullable Kind kind,
            @Min(0) @Max(DAY) @Nullable Integer initialSeconds,
            @Min(0) @Max(DAY) @Nullable Integer maxSeconds,

            @DecimalMin("0") @DecimalMax("1") @Nullable Double jitter) {

        /** Where only one of the two waits is given and contradicts the type's other one, that one gives way. */
        Backoff orElse(Backoff standard) {
            Duration initial = initialSeconds == null ? standard.initial() : Duration.ofSeconds(initialSeconds);
            Duration max = maxSeconds == null ? standard.max() : Duration.ofSeconds(maxSeconds);
            boolean contradict = max.compareTo(initial) < 0;
            return new Backoff(
                    Objects.requireNonNullElse(kind, standard.kind()),
                    contradict && initialSeconds == null ? max : initial,
                    contradict && maxSeconds == null ? initial : max,
                    Objects.requireNonNullElse(jitter, standard.jitter()));
        }
    }

    /** What is wrong between fields that are each right, and the fields of a later version. */
    List<FieldError> contradictions() {
        List<FieldError> errors = new ArrayList<>();
        if (scheduledAt != null && delaySeconds != null) {
            errors.add(new FieldError("delaySeconds", "cannot be given together with scheduledAt"));
        }
        if (backoff != null
                && backoff.initialSeconds() != null
                && backoff.maxSeconds() != null
                && backoff.maxSeconds() < backoff.initialSeconds()) {
            errors.add(new FieldError("backoff.maxSeconds", "must not be less than backoff.initialSeconds"));
        }
        if (input != null && !input.isNull() && !input.isObject()) {
            errors.add(new FieldError("input", "must be an object"));
        }
        refuseYet("uniqueKey", uniqueKey, errors);
        refuseYet("uniqueFor", uniqueFor, errors);
        refuseYet("concurrencyKey", concurrencyKey, errors);
        refuseYet("deadline", deadline, errors);
        refuseYet("webhook", webhook, errors);
        refuseYet("dependsOn", dependsOn, errors);
        return errors;
    }

    private static void refuseYet(String field, @Nullable Object value, List<FieldError> errors) {
        if (value != null) {
            errors.add(new FieldError(field, "is not available yet"));
        }
    }

    JobSettings settings(JobType.Limits limits) {
        return new JobSettings(
                Objects.requireNonNullElse(queue, JobSettings.DEFAULT_QUEUE),
                Objects.requireNonNullElse(priority, 0),
                Objects.requireNonNullElse(labels, Map.of()),
                Objects.requireNonNullElse(maxAttempts, limits.maxAttempts()),
                backoff == null ? limits.backoff() : backoff.orElse(limits.backoff()),
                timeoutSeconds == null ? limits.timeout() : Duration.ofSeconds(timeoutSeconds),
                retentionSeconds == null ? RETENTION : Duration.ofSeconds(retentionSeconds));
    }

    @Nullable
    Duration delay() {
        return delaySeconds == null ? null : Duration.ofSeconds(delaySeconds);
    }
}
