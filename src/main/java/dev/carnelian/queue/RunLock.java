package dev.carnelian.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/** Locks the jobs of runs, as far as these are still under way. */
enum RunLock {
    /** Lets others read and share; keeps a run from being ended or taken over. */
    SHARE("FOR SHARE"),
    /** For a caller that ends or gives up the runs. */
    CHANGE("FOR NO KEY UPDATE");

    private final String clause;

    RunLock(String clause) {
        this.clause = clause;
    }

    /**
     * Locks the jobs until the commit.
     *
     * @return the ids of the runs that are still their jobs' own; the others' jobs are not locked
     */
    Set<String> take(Connection transaction, OrderedRuns runs) throws SQLException {
        String sql = """
                SELECT e.run_id
                FROM unnest(?::uuid[], ?::text[]) AS e (id, run_id)
                CROSS JOIN LATERAL (SELECT 1 FROM jobs
                    WHERE jobs.id = e.id AND jobs.run_id = e.run_id AND jobs.status = 'running' %s) AS j""".formatted(clause);
        Set<String> running = new HashSet<>();
        try (PreparedStatement statement = transaction.prepareStatement(sql)) {
            runs.set(statement, 1);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    running.add(row.getString(1));
                }
            }
        }
        return running;
    }
}
