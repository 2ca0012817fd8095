package dev.carnelian.queue;

import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Runs.RunOf;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** Pending to running: the statement, and what it tells of the attempts that begin. */
final class RunStart {
    /** A longer input is not carried along with the claim. */
    private static final int SHORT_INPUT_BYTES = 4_000;

    // Not now(): the claim's transaction may have begun before another node's look found a delayed job due.
    private static final String START = """
            UPDATE jobs SET status = 'running', attempt = attempt + 1, run_id = due.run_id, node = ?,
                started_at = clock_timestamp(), version = version + 1
            FROM unnest(?::uuid[], ?::text[]) AS due (id, run_id)
            WHERE jobs.id = due.id AND jobs.status = 'pending'
            RETURNING jobs.id, jobs.run_id, tenant_id, type, attempt, max_attempts - (attempt - node_deaths),
                backoff_kind, backoff_initial_ms, backoff_max_ms, backoff_jitter, timeout_ms,
                CASE WHEN pg_column_size(input) <= %d THEN input END""".formatted(SHORT_INPUT_BYTES);

    private RunStart() {}

    /** Starts those whose jobs wait; a job that no longer does is left alone. */
    static List<Claimed> start(Connection transaction, List<RunOf> runs, String node) throws SQLException {
        List<Claimed> claimed = new ArrayList<>(runs.size());
        try (PreparedStatement statement = transaction.prepareStatement(START)) {
            statement.setString(1, node);
            new OrderedRuns(runs).set(statement, 2);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    claimed.add(claimed(row));
                }
            }
        }
        return claimed;
    }

    private static Claimed claimed(ResultSet row) throws SQLException {
        Backoff backoff = new Backoff(
                Backoff.Kind.valueOf(row.getString(7).toUpperCase(Locale.ROOT)),
                Duration.ofMillis(row.getLong(8)),
                Duration.ofMillis(row.getLong(9)),
                row.getDouble(10));
        return new Claimed(
                new JobId(row.getObject(1, UUID.class)),
                row.getString(2),
                new TenantId(row.getString(3)),
                row.getString(4),
                row.getInt(5),
                row.getInt(6),
                backoff,
                Duration.ofMillis(row.getLong(11)),
                row.getString(12));
    }
}
