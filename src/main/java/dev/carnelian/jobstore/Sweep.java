package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.quartz.TriggerKey;

/**
 * Finds triggers that wait for a run which does not exist. The store's own transactions leave none, but another version
 * of Quartz in the cluster or a hand in the tables may. Used by one thread.
 */
final class Sweep {
    /** What one sweep mends: the store's lock is held meanwhile. */
    private static final int MOST = 1_000;

    private static final String STUCK = """
            (t.trigger_state = 'ACQUIRED' AND NOT EXISTS (
                 SELECT 1 FROM QRTZ_FIRED_TRIGGERS AS f
                 WHERE f.sched_name = t.sched_name AND NOT f.once
                   AND f.trigger_name = t.trigger_name AND f.trigger_group = t.trigger_group)
             OR t.trigger_state IN ('BLOCKED', 'PAUSED_BLOCKED') AND NOT EXISTS (
                 SELECT 1 FROM QRTZ_FIRED_TRIGGERS AS f
                 WHERE f.sched_name = t.sched_name AND NOT f.once AND f.job_name = t.job_name AND f.job_group = t.job_group
                   AND f.state = 'EXECUTING'))""";

    private static final String OVER = """
            (t.trigger_state = 'COMPLETE' AND NOT EXISTS (
                 SELECT 1 FROM QRTZ_FIRED_TRIGGERS AS f
                 WHERE f.sched_name = t.sched_name AND NOT f.once
                   AND f.trigger_name = t.trigger_name AND f.trigger_group = t.trigger_group))""";

    private final Tables tables;
    private final Duration interval;
    private long last = System.nanoTime();

    Sweep(Tables tables, Duration interval) {
        this.tables = tables;
        this.interval = interval;
    }

    /** Whether it is time to sweep; if so, the next time is an interval away. */
    boolean isDue() {
        boolean due = System.nanoTime() - last >= interval.toNanos();
        if (due) {
            last = System.nanoTime();
        }
        return due;
    }

    /** The triggers that seem to be stuck or over. Without the store's lock one of them may just be changing. */
    List<TriggerKey> suspects(Connection connection) throws SQLException {
        String sql = """
                SELECT t.trigger_name, t.trigger_group FROM QRTZ_TRIGGERS AS t
                WHERE t.sched_name = ? AND t.trigger_type <> 'ONCE'
                  AND t.trigger_state IN ('ACQUIRED', 'BLOCKED', 'PAUSED_BLOCKED', 'COMPLETE')
                  AND (%s OR %s) LIMIT ?""".formatted(STUCK, OVER);
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setInt(2, MOST);
            return keys(statement);
        }
    }

    /** Sets those free that are stuck indeed, and names them. Call it under the store's lock. */
    List<TriggerKey> free(Connection connection, List<TriggerKey> suspects) throws SQLException {
        return among(connection, suspects, """
                UPDATE QRTZ_TRIGGERS AS t
                SET trigger_state = CASE t.trigger_state WHEN 'PAUSED_BLOCKED' THEN 'PAUSED' ELSE 'WAITING' END
                FROM unnest(?::text[], ?::text[]) AS k (name, grp)
                WHERE t.sched_name = ? AND t.trigger_name = k.name AND t.trigger_group = k.grp AND %s
                RETURNING t.trigger_name, t.trigger_group""".formatted(STUCK));
    }

    /** Those that are over indeed, and should be removed. Call it under the store's lock. */
    List<TriggerKey> over(Connection connection, List<TriggerKey> suspects) throws SQLException {
        return among(connection, suspects, """
                SELECT t.trigger_name, t.trigger_group
                FROM unnest(?::text[], ?::text[]) AS k (name, grp)
                JOIN QRTZ_TRIGGERS AS t ON t.trigger_name = k.name AND t.trigger_group = k.grp
                WHERE t.sched_name = ? AND %s""".formatted(OVER));
    }

    private List<TriggerKey> among(Connection connection, List<TriggerKey> suspects, String sql) throws SQLException {
        Object[] names = suspects.stream().map(TriggerKey::getName).toArray();
        Object[] groups = suspects.stream().map(TriggerKey::getGroup).toArray();
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setArray(1, connection.createArrayOf("text", names));
            statement.setArray(2, connection.createArrayOf("text", groups));
            statement.setString(3, tables.scheduler());
            return keys(statement);
        }
    }

    private static List<TriggerKey> keys(PreparedStatement statement) throws SQLException {
        List<TriggerKey> keys = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                keys.add(TriggerKey.triggerKey(row.getString(1), row.getString(2)));
            }
        }
        return keys;
    }
}
