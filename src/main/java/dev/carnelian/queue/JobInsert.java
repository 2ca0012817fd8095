package dev.carnelian.queue;

import dev.carnelian.job.Backoff;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** Puts any number of new jobs into {@code jobs} in one statement, a parameter for each column. */
final class JobInsert {
    private static final List<Column> COLUMNS = List.of(
            new Column("id", UUID.class, job -> job.id().value()),
            new Column("tenant", String.class, job -> job.wanted().tenant().value()),
            new Column("type", String.class, job -> job.wanted().type()),
            new Column("queue", String.class, job -> settings(job).queue()),
            new Column("priority", Integer.class, job -> settings(job).priority()),
            new Column(
                    "labels", String.class, job -> Labels.toJson(settings(job).labels())),
            new Column("input", String.class, job -> job.wanted().input()),
            new Column("maxAttempts", Integer.class, job -> settings(job).maxAttempts()),
            new Column(
                    "backoffKind",
                    String.class,
                    job -> backoff(job).kind().name().toLowerCase(Locale.ROOT)),
            new Column(
                    "backoffInitialMs",
                    Long.class,
                    job -> backoff(job).initial().toMillis()),
            new Column("backoffMaxMs", Long.class, job -> backoff(job).max().toMillis()),
            new Column("backoffJitter", Double.class, job -> backoff(job).jitter()),
            new Column("timeoutMs", Long.class, job -> settings(job).timeout().toMillis()),
            new Column(
                    "retentionSeconds",
                    Long.class,
                    job -> settings(job).retention().toSeconds()),
            new Column("original", UUID.class, JobInsert::original),
            new Column("root", UUID.class, job -> job.lineage().root().value()),
            new Column("createdBy", UUID.class, job -> job.wanted().createdBy()),
            new Column("scheduledAt", String.class, JobInsert::scheduledAt),
            new Column("delayMs", Long.class, Accepted::delayMillis));

    private static final String INSERT = """
            WITH stored AS (
                INSERT INTO jobs (id, tenant_id, type, queue, priority, labels, input,
                    max_attempts, backoff_kind, backoff_initial_ms, backoff_max_ms, backoff_jitter,
                    timeout_ms, retention_s, original_job_id, root_job_id, created_by, scheduled_at, run_at)
                SELECT wanted.id, tenant, type, queue, priority, labels::jsonb, input::json,
                    max_attempts, backoff_kind, backoff_initial_ms, backoff_max_ms, backoff_jitter,
                    timeout_ms, retention_s, original, root, created_by, at.time, greatest(now(), at.time)
                FROM unnest(:id, :tenant, :type, :queue, :priority, :labels, :input,
                        :maxAttempts, :backoffKind, :backoffInitialMs, :backoffMaxMs, :backoffJitter,
                        :timeoutMs, :retentionSeconds, :original, :root, :createdBy, :scheduledAt, :delayMs)
                    AS wanted (id, tenant, type, queue, priority, labels, input,
                        max_attempts, backoff_kind, backoff_initial_ms, backoff_max_ms, backoff_jitter,
                        timeout_ms, retention_s, original, root, created_by, scheduled_at, delay_ms),
                    LATERAL (SELECT coalesce(scheduled_at::timestamptz,
                        now() + delay_ms * interval '1 millisecond') AS time) AS at)
            SELECT now()""";

    private JobInsert() {}

    /** A column's parameter, and where its values come from. */
    private record Column(String name, Class<?> type, Value value) {}

    private interface Value {
        @Nullable
        Object of(Accepted job);
    }

    /** Stores the jobs; answers them as they now are, in their order. */
    static List<Job> insert(Handle transaction, List<Accepted> jobs) {
        Query insert = transaction.createQuery(INSERT);
        for (Column column : COLUMNS) {
            insert.bindArray(
                    column.name(),
                    column.type(),
                    jobs.stream().map(column.value()::of).toArray());
        }
        Instant now = insert.mapTo(OffsetDateTime.class).one().toInstant();
        return jobs.stream().map(job -> job.storedAt(now)).toList();
    }

    private static JobSettings settings(Accepted job) {
        return job.wanted().settings();
    }

    private static Backoff backoff(Accepted job) {
        return settings(job).backoff();
    }

    private static @Nullable UUID original(Accepted job) {
        return job.lineage().original() == null
                ? null
                : job.lineage().original().value();
    }

    private static @Nullable String scheduledAt(Accepted job) {
        Instant time = job.scheduledAt();
        return time == null ? null : time.toString();
    }
}
