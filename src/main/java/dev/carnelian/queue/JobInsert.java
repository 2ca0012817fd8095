package dev.carnelian.queue;

import dev.carnelian.job.Backoff;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Puts any number of new jobs into {@code jobs} in one statement, a parameter for each column. */
final class JobInsert {
    /** In the order of the statement's parameters. */
    private static final List<Column<?>> COLUMNS = List.of(
            new Column<>("uuid", UUID[]::new, job -> job.id().value()),
            new Column<>("text", String[]::new, job -> job.wanted().tenant().value()),
            new Column<>("text", String[]::new, job -> job.wanted().type()),
            new Column<>("text", String[]::new, job -> settings(job).queue()),
            new Column<>("int4", Integer[]::new, job -> settings(job).priority()),
            new Column<>(
                    "text", String[]::new, job -> Labels.toJson(settings(job).labels())),
            new Column<>("text", String[]::new, job -> job.wanted().input()),
            new Column<>("int4", Integer[]::new, job -> settings(job).maxAttempts()),
            new Column<>(
                    "text", String[]::new, job -> backoff(job).kind().name().toLowerCase(Locale.ROOT)),
            new Column<>("int8", Long[]::new, job -> backoff(job).initial().toMillis()),
            new Column<>("int8", Long[]::new, job -> backoff(job).max().toMillis()),
            new Column<>("float8", Double[]::new, job -> backoff(job).jitter()),
            new Column<>("int8", Long[]::new, job -> settings(job).timeout().toMillis()),
            new Column<>("int8", Long[]::new, job -> settings(job).retention().toSeconds()),
            new Column<>("uuid", UUID[]::new, JobInsert::original),
            new Column<>("uuid", UUID[]::new, job -> job.lineage().root().value()),
            new Column<>("bool", Boolean[]::new, job -> job.lineage().failedItemsOnly()),
            new Column<>("uuid", UUID[]::new, job -> job.wanted().createdBy()),
            new Column<>("text", String[]::new, JobInsert::scheduledAt),
            new Column<>("int8", Long[]::new, Accepted::delayMillis));

    private static final String INSERT = """
            INSERT INTO jobs (id, tenant_id, type, queue, priority, labels, input,
                max_attempts, backoff_kind, backoff_initial_ms, backoff_max_ms, backoff_jitter,
                timeout_ms, retention_s, original_job_id, root_job_id, failed_items_only, created_by,
                scheduled_at, run_at)
            SELECT id, tenant, type, queue, priority, labels::jsonb, input::json,
                max_attempts, backoff_kind, backoff_initial_ms, backoff_max_ms, backoff_jitter,
                timeout_ms, retention_s, original, root, failed_items_only, created_by, at.time, greatest(now(), at.time)
            FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::int[], ?::text[], ?::text[],
                    ?::int[], ?::text[], ?::bigint[], ?::bigint[], ?::float8[],
                    ?::bigint[], ?::bigint[], ?::uuid[], ?::uuid[], ?::bool[], ?::uuid[], ?::text[], ?::bigint[])
                AS wanted (id, tenant, type, queue, priority, labels, input,
                    max_attempts, backoff_kind, backoff_initial_ms, backoff_max_ms, backoff_jitter,
                    timeout_ms, retention_s, original, root, failed_items_only, created_by,
                    scheduled_at, delay_ms)
            CROSS JOIN LATERAL (SELECT coalesce(scheduled_at::timestamptz,
                now() + delay_ms * interval '1 millisecond') AS time) AS at""";

    private JobInsert() {}

    /**
     * A column's type in the database, and where its values come from. The driver sends an array of texts or numbers in
     * the binary format if it is one by its Java type too.
     */
    private record Column<T>(String type, IntFunction<@Nullable T[]> array, Function<Accepted, @Nullable T> value) {
        @Nullable
        T[] of(List<Accepted> jobs) {
            return jobs.stream().map(value).toArray(array);
        }
    }

    /** The statement that stores them, for that connection. */
    static Triggers.Insert of(List<Accepted> jobs, Connection connection) throws SQLException {
        List<Array> parameters = new ArrayList<>();
        for (Column<?> column : COLUMNS) {
            parameters.add(connection.createArrayOf(column.type(), column.of(jobs)));
        }
        return new Triggers.Insert(INSERT, parameters);
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
