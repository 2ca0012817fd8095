package dev.carnelian.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.httpcall.RunReport;
import dev.carnelian.job.JobContext.LogLevel;
import dev.carnelian.job.JobFailure;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The body of PATCH /runs/{runId}.
 *
 * @param status completed and failed end the run; running, as it is unless it is given, goes on
 */
record RunReportBody(
        @Nullable Status status,
        @Valid @Nullable ProgressBody progress,
        @Size(max = 500) @Nullable String message,
        @Size(max = 100) @Nullable List<@NotNull @Valid LineBody> logs,

        @Schema(implementation = Object.class, description = "of a completed run, at most 64 KiB") @Nullable
        JsonNode result,

        @Valid @Nullable FailureBody error) {
    private static final int LARGEST_RESULT = 64 * 1024;

    /** What a report says of the run. */
    enum Status {
        RUNNING,
        COMPLETED,
        FAILED
    }

    /** Units done of a total. */
    record ProgressBody(
            @NotNull @Min(0) Integer done,
            @NotNull @Min(1) @Max(Integer.MAX_VALUE) Integer total) {}

    /** A line of the job's log. */
    record LineBody(
            @Nullable LogLevel level,
            @NotNull @Size(max = 2_000) String message) {}

    /** Why the run failed; it is tried again unless {@code retryable} is false. */
    record FailureBody(
            @NotNull @Pattern(regexp = "[a-z][a-z0-9_]{0,62}", message = "must be snake_case, up to 63 characters")
            String code,

            @NotNull @Size(max = 2_000) String message,
            @Nullable Boolean retryable) {}

    /** What is wrong between fields that are each right. */
    List<FieldError> contradictions() {
        List<FieldError> errors = new ArrayList<>();
        if ((status == Status.FAILED) != (error != null)) {
            errors.add(new FieldError("error", "must be given if, and only if, status is failed"));
        }
        if (hasResult() && status != Status.COMPLETED) {
            errors.add(new FieldError("result", "can be given only if status is completed"));
        }
        if (hasResult() && String.valueOf(result).getBytes(StandardCharsets.UTF_8).length > LARGEST_RESULT) {
            errors.add(new FieldError("result", "may have at most " + LARGEST_RESULT + " bytes"));
        }
        if (progress != null
                && progress.done() != null
                && progress.total() != null
                && progress.done() > progress.total()) {
            errors.add(new FieldError("progress.done", "must not be more than progress.total"));
        }
        return errors;
    }

    private boolean hasResult() {
        return result != null && !result.isNull();
    }

    RunReport toReport() {
        return new RunReport(
                progress == null ? null : new RunReport.Progress(progress.done(), progress.total()),
                message,
                Objects.requireNonNullElse(logs, List.<LineBody>of()).stream()
                        .map(line -> new RunReport.Line(
                                Objects.requireNonNullElse(line.level(), LogLevel.INFO), line.message()))
                        .toList(),
                status == Status.COMPLETED,
                hasResult() ? result : null,
                error == null
                        ? null
                        : new JobFailure(error.code(), error.message(), !Boolean.FALSE.equals(error.retryable())));
    }
}
