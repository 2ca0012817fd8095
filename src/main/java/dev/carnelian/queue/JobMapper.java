package dev.carnelian.queue;

import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.job.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads a job from the columns that {@link JobDao} selects. */
final class JobMapper {
    private JobMapper() {}

    static Job read(ResultSet row) throws SQLException {
        JobStatus status = JobStatus.ofWireName(row.getString("status")).orElseThrow();
        UUID original = row.getObject("original_job_id", UUID.class);
        return new Job(
                new JobId(row.getObject("id", UUID.class)),
                new TenantId(row.getString("tenant_id")),
                row.getString("type"),
                status,
                settings(row),
                new Job.Lineage(
                        original == null ? null : new JobId(original),
                        new JobId(row.getObject("root_job_id", UUID.class)),
                        row.getBoolean("failed_items_only")),
                times(row),
                row.getInt("attempt"),
                row.getString("node"),
                Job.FailureText.of(row.getString("failure_code"), row.getString("failure_message")),
                progress(row, status),
                row.getString("cancel_reason"),
                row.getString("input"),
                row.getString("result"),
                row.getInt("version"));
    }

    private static JobSettings settings(ResultSet row) throws SQLException {
        return new JobSettings(
                row.getString("queue"),
                row.getInt("priority"),
                Labels.parse(row.getString("labels")),
                row.getInt("max_attempts"),
                new Backoff(
                        Backoff.Kind.valueOf(row.getString("backoff_kind").toUpperCase(Locale.ROOT)),
                        Duration.ofMillis(row.getLong("backoff_initial_ms")),
                        Duration.ofMillis(row.getLong("backoff_max_ms")),
                        row.getDouble("backoff_jitter")),
                Duration.ofMillis(row.getLong("timeout_ms")),
                Duration.ofSeconds(row.getLong("retention_s")));
    }

    private static Job.Times times(ResultSet row) throws SQLException {
        return new Job.Times(
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                instant(row, "scheduled_at"),
                row.getObject("run_at", OffsetDateTime.class).toInstant(),
                instant(row, "started_at"),
                instant(row, "completed_at"),
                instant(row, "cancel_requested_at"),
                instant(row, "expires_at"),
                row.getObject("read_at", OffsetDateTime.class).toInstant());
    }

    private static Job.Progress progress(ResultSet row, JobStatus status) throws SQLException {
        return new Job.Progress(
                status == JobStatus.COMPLETED ? 100 : row.getInt("percent"),
                row.getObject("processed", Integer.class),
                row.getObject("total", Integer.class),
                row.getInt("failed_items"),
                row.getString("progress_message"));
    }

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
