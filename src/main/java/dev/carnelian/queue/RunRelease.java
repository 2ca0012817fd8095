package dev.carnelian.queue;

import dev.carnelian.queue.Runs.RunOf;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Running back to pending for runs that did not take place: the attempt is not counted. */
final class RunRelease {
    private static final String RELEASE = """
            WITH mine AS (
                SELECT j.id, j.cancel_requested_at IS NOT NULL AS cancelled
                FROM unnest(?::uuid[], ?::text[]) AS e (id, run_id)
                CROSS JOIN LATERAL (SELECT * FROM jobs
                    WHERE jobs.id = e.id AND jobs.run_id = e.run_id AND jobs.status = 'running'
                    FOR NO KEY UPDATE) AS j
            )
            UPDATE jobs SET
                status = CASE WHEN mine.cancelled THEN 'cancelled' ELSE 'pending' END,
                final_status = CASE WHEN mine.cancelled THEN 'cancelled' END,
                completed_at = CASE WHEN mine.cancelled THEN now() END,
                expires_at = CASE WHEN mine.cancelled THEN now() + make_interval(secs => jobs.retention_s) END,
                attempt = CASE WHEN mine.cancelled THEN attempt ELSE attempt - 1 END,
                run_at = CASE WHEN mine.cancelled THEN run_at ELSE now() END,
                run_id = CASE WHEN mine.cancelled THEN run_id END,
                version = version + 1
            FROM mine
            WHERE jobs.id = mine.id AND jobs.status = 'running'
            RETURNING jobs.id, tenant_id, type, priority, run_at, status""";

    private RunRelease() {}

    /** Answers the triggers of the jobs that wait again. */
    static List<Triggers.Planned> release(Connection transaction, List<RunOf> runs) throws SQLException {
        List<Triggers.Planned> released = new ArrayList<>();
        try (PreparedStatement statement = transaction.prepareStatement(RELEASE)) {
            new OrderedRuns(runs).set(statement, 1);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if ("pending".equals(row.getString(6))) {
                        released.add(Triggers.Planned.of(row));
                    }
                }
            }
        }
        return released;
    }
}
