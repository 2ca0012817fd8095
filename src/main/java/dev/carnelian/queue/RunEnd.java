package dev.carnelian.queue;

import dev.carnelian.job.JobFailure;
import dev.carnelian.queue.Runs.Ended;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Running to what an outcome says: one statement for any number of runs. */
final class RunEnd {
    private static final String END = """
            WITH e AS (
                SELECT *,
                    CASE WHEN result IS NULL AND code IS NULL THEN 'cancelled'
                         WHEN code IS NULL THEN 'completed'
                         WHEN retry_after_ms IS NULL THEN 'failed'
                         ELSE 'pending' END AS status
                FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::boolean[], ?::bigint[])
                    AS e (id, run_id, result, code, message, retryable, retry_after_ms)
            ), ended AS (
                UPDATE jobs SET version = version + 1,
                    (status, final_status, completed_at, expires_at, cancel_requested_at, result, failure_code,
                        failure_message, run_at, run_id) = (
                    SELECT status,
                        nullif(status, 'pending'),
                        CASE WHEN status <> 'pending' THEN now() END,
                        CASE WHEN status <> 'pending' THEN now() + make_interval(secs => jobs.retention_s) END,
                        CASE WHEN status = 'cancelled' THEN coalesce(jobs.cancel_requested_at, now()) END,
                        CASE WHEN status IN ('completed', 'failed') THEN e.result::json END,
                        CASE WHEN status IN ('failed', 'pending') THEN e.code END,
                        CASE WHEN status IN ('failed', 'pending') THEN e.message END,
                        CASE WHEN status = 'pending'
                            THEN now() + e.retry_after_ms * interval '1 millisecond' ELSE jobs.run_at END,
                        CASE WHEN status <> 'pending' THEN e.run_id END
                    FROM (SELECT CASE WHEN jobs.cancel_requested_at IS NULL THEN e.status ELSE 'cancelled' END)
                        AS decided (status))
                FROM e
                WHERE jobs.id = e.id AND jobs.run_id = e.run_id AND jobs.status = 'running'
                RETURNING jobs.id, tenant_id, type, priority, run_at, jobs.status, attempt, node, started_at, e.code,
                    e.message, e.retryable
            ), history AS (
                INSERT INTO job_attempts
                    (job_id, attempt, node, outcome, started_at, ended_at, code, message, retryable)
                SELECT id, attempt, node, 'failed', started_at, now(), code, message, retryable
                FROM ended WHERE status = 'pending'
            )
            SELECT id, tenant_id, type, priority, run_at FROM ended WHERE status = 'pending'""";

    /** The types of the statement's parameters: a column of all runs each. */
    private static final String[] TYPES = {"uuid", "text", "text", "text", "text", "bool", "int8"};

    private RunEnd() {}

    /**
     * Ends runs that are still their jobs' own.
     *
     * @param ended in the order of their jobs' ids, each with an outcome
     * @return the triggers that the next attempts need
     */
    static List<Triggers.Planned> end(Connection transaction, List<Ended> ended) throws SQLException {
        List<Triggers.Planned> retries = new ArrayList<>();
        try (PreparedStatement statement = transaction.prepareStatement(END)) {
            Object[][] columns = columns(ended.size());
            for (int i = 0; i < ended.size(); i++) {
                fill(columns, i, ended.get(i));
            }
            for (int i = 0; i < TYPES.length; i++) {
                statement.setArray(i + 1, transaction.createArrayOf(TYPES[i], columns[i]));
            }
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    retries.add(Triggers.Planned.of(row));
                }
            }
        }
        return retries;
    }

    /** Typed, as the driver then sends texts and numbers in the binary format. */
    private static Object[][] columns(int size) {
        return new Object[][] {
            new UUID[size],
            new String[size],
            new String[size],
            new String[size],
            new String[size],
            new Boolean[size],
            new Long[size]
        };
    }

    @SuppressWarnings("NullAway") // columns of an SQL array may hold nulls
    private static void fill(Object[][] columns, int i, Ended ended) {
        columns[0][i] = ended.job().value();
        columns[1][i] = ended.runId();
        if (ended.outcome() instanceof Outcome.Completed completed) {
            columns[2][i] = completed.result();
        } else if (ended.outcome() instanceof Outcome.Failed failed) {
            JobFailure failure = failed.failure();
            columns[2][i] = failed.result();
            columns[3][i] = failure.code();
            columns[4][i] = failure.message();
            columns[5][i] = failure.retryable();
            columns[6][i] =
                    failed.retryAfter() == null ? null : failed.retryAfter().toMillis();
        }
    }
}
