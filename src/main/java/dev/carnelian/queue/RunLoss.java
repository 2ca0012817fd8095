package dev.carnelian.queue;

import dev.carnelian.queue.Runs.RunOf;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** What becomes of the jobs of a dead node: the attempt is remembered as lost, and another follows unless it must not. */
final class RunLoss {
    /** A job that was running at this many deaths of its node is held to be their cause. */
    private static final int POISONOUS_DEATHS = 3;

    private static final String LOSE = """
            WITH lost AS (
                SELECT j.*,
                    CASE WHEN j.cancel_requested_at IS NOT NULL THEN 'cancelled'
                         WHEN j.node_deaths + 1 >= %d THEN 'failed'
                         ELSE 'pending' END AS next_status
                FROM unnest(?::uuid[], ?::text[]) AS e (id, run_id)
                CROSS JOIN LATERAL (SELECT * FROM jobs
                    WHERE jobs.id = e.id AND jobs.run_id = e.run_id AND jobs.status = 'running'
                    FOR NO KEY UPDATE) AS j
            ), history AS (
                INSERT INTO job_attempts
                    (job_id, attempt, node, outcome, started_at, ended_at, code, message, retryable)
                SELECT id, attempt, node, 'lost', started_at, now(), 'node_lost',
                    'the node that ran this attempt stopped answering', true
                FROM lost WHERE next_status = 'pending'
            )
            UPDATE jobs SET
                status = lost.next_status,
                final_status = nullif(lost.next_status, 'pending'),
                node_deaths = jobs.node_deaths + 1,
                completed_at = CASE WHEN lost.next_status <> 'pending' THEN now() END,
                expires_at = CASE WHEN lost.next_status <> 'pending'
                    THEN now() + make_interval(secs => jobs.retention_s) END,
                failure_code = CASE lost.next_status WHEN 'failed' THEN 'poison' WHEN 'pending' THEN 'node_lost' END,
                failure_message = CASE lost.next_status
                    WHEN 'failed' THEN 'the job was running at %d deaths of its node and is not tried again'
                    WHEN 'pending' THEN 'the node that ran the last attempt stopped answering' END,
                result = CASE WHEN lost.next_status = 'failed' THEN json_build_object('error', json_build_object(
                    'code', 'poison',
                    'message', 'the job was running at %d deaths of its node and is not tried again',
                    'retryable', false, 'attempt', jobs.attempt)) END,
                run_at = CASE WHEN lost.next_status = 'pending' THEN now() ELSE jobs.run_at END,
                run_id = CASE WHEN lost.next_status <> 'pending' THEN jobs.run_id END,
                version = jobs.version + 1
            FROM lost
            WHERE jobs.id = lost.id AND jobs.status = 'running'
            RETURNING jobs.id, jobs.status""".formatted(POISONOUS_DEATHS, POISONOUS_DEATHS, POISONOUS_DEATHS);

    private RunLoss() {}

    /** Answers the runs whose jobs must not run again. */
    static List<String> lose(Connection transaction, List<RunOf> runs) throws SQLException {
        OrderedRuns ordered = new OrderedRuns(runs);
        Set<UUID> waiting = new HashSet<>();
        try (PreparedStatement statement = transaction.prepareStatement(LOSE)) {
            ordered.set(statement, 1);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if ("pending".equals(row.getString(2))) {
                        waiting.add(row.getObject(1, UUID.class));
                    }
                }
            }
        }
        return ordered.runs().stream()
                .filter(run -> !waiting.contains(run.job().value()))
                .map(RunOf::runId)
                .toList();
    }
}
