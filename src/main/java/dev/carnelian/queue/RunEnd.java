package dev.carnelian.queue;

import dev.carnelian.job.JobFailure;
import dev.carnelian.queue.Runs.Ended;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Running to what an outcome says: one statement for any number of runs. */
final class RunEnd {
    /** The old row's values are read through "decided": SET would hand out the new ones to the attempt's history. */
    private static final String END = """
            WITH e AS (
                SELECT * FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::boolean[], ?::bigint[])
                    AS e (id, run_id, result, code, message, retryable, retry_after_ms)
            ), decided AS (
                SELECT e.*, j.attempt, j.node, j.started_at,
                    CASE WHEN j.cancel_requested_at IS NOT NULL OR (e.result IS NULL AND e.code IS NULL)
                             THEN 'cancelled'
                         WHEN e.code IS NULL THEN 'completed'
                         WHEN e.retry_after_ms IS NULL THEN 'failed'
                         ELSE 'pending' END AS status
                FROM e CROSS JOIN LATERAL (SELECT * FROM jobs
                    WHERE jobs.id = e.id AND jobs.run_id = e.run_id AND jobs.status = 'running'
                    FOR NO KEY UPDATE) AS j
            ), history AS (
                INSERT INTO job_attempts
                    (job_id, attempt, node, outcome, started_at, ended_at, code, message, retryable)
                SELECT id, attempt, node, 'failed', started_at, now(), code, message, retryable
                FROM decided WHERE status = 'pending'
            )
            UPDATE jobs SET
                status = d.status,
                final_status = nullif(d.status, 'pending'),
                completed_at = CASE WHEN d.status <> 'pending' THEN now() END,
                expires_at = CASE WHEN d.status <> 'pending' THEN now() + make_interval(secs => jobs.retention_s) END,
                cancel_requested_at = CASE WHEN d.status = 'cancelled'
                    THEN coalesce(jobs.cancel_requested_at, now()) ELSE jobs.cancel_requested_at END,
                result = CASE WHEN d.status IN ('completed', 'failed') THEN d.result::json END,
                failure_code = CASE WHEN d.status IN ('failed', 'pending') THEN d.code END,
                failure_message = CASE WHEN d.status IN ('failed', 'pending') THEN d.message END,
                run_at = CASE WHEN d.status = 'pending'
                    THEN now() + d.retry_after_ms * interval '1 millisecond' ELSE jobs.run_at END,
                run_id = CASE WHEN d.status <> 'pending' THEN jobs.run_id END,
                version = jobs.version + 1
            FROM decided AS d
            WHERE jobs.id = d.id AND jobs.run_id = d.run_id AND jobs.status = 'running'
            RETURNING jobs.id, jobs.tenant_id, jobs.type, jobs.priority, jobs.run_at, jobs.status""";

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
            Object[][] columns = new Object[TYPES.length][ended.size()];
            for (int i = 0; i < ended.size(); i++) {
                fill(columns, i, ended.get(i));
            }
            for (int i = 0; i < TYPES.length; i++) {
                statement.setArray(i + 1, transaction.createArrayOf(TYPES[i], columns[i]));
            }
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if ("pending".equals(row.getString(6))) {
                        retries.add(Triggers.Planned.of(row));
                    }
                }
            }
        }
        return retries;
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
