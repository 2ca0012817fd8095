package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The fence: a run belongs to the instance whose fired row it has, and to nobody without one. Quartz looks at the
 * trigger's state instead, which a second owner shares.
 */
final class FiredRows {
    private final Tables tables;

    FiredRows(Tables tables) {
        this.tables = tables;
    }

    /**
     * Which of these claims are still this instance's and have not fired, with the time each is due by the database's
     * clock. The rows stay locked until the commit.
     */
    Map<String, Long> stillClaimed(Connection connection, String instance, List<String> entryIds) throws SQLException {
        String sql = """
                SELECT entry_id, sched_time FROM QRTZ_FIRED_TRIGGERS
                WHERE sched_name = ? AND entry_id = ANY (?) AND instance_name = ? AND state = 'ACQUIRED'
                FOR UPDATE""";
        Map<String, Long> claimed = new HashMap<>();
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setArray(2, connection.createArrayOf("text", entryIds.toArray()));
            statement.setString(3, instance);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    claimed.put(row.getString(1), row.getLong(2));
                }
            }
        }
        return claimed;
    }

    /** The instances that have runs of one-shots. */
    List<String> instancesOfOneShots(Connection connection) throws SQLException {
        String sql = "SELECT DISTINCT instance_name FROM QRTZ_FIRED_TRIGGERS WHERE sched_name = ? AND once";
        List<String> instances = new ArrayList<>();
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    instances.add(row.getString(1));
                }
            }
        }
        return instances;
    }

    /** Ends a run or a claim of this instance; false if it was taken away in between. */
    boolean delete(Connection connection, String instance, String entryId, String state) throws SQLException {
        String sql = """
                DELETE FROM QRTZ_FIRED_TRIGGERS
                WHERE sched_name = ? AND entry_id = ? AND instance_name = ? AND state = ?""";
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setString(2, entryId);
            statement.setString(3, instance);
            statement.setString(4, state);
            return statement.executeUpdate() > 0;
        }
    }

    /** The claims of this instance that never fired: the scheduler's thread drops those it holds when it is halted. */
    void releaseClaims(Connection connection, String instance) throws SQLException {
        String sql = """
                WITH mine AS (
                    DELETE FROM QRTZ_FIRED_TRIGGERS
                    WHERE sched_name = ? AND instance_name = ? AND state = 'ACQUIRED' AND NOT once
                    RETURNING sched_name, trigger_name, trigger_group
                )
                UPDATE QRTZ_TRIGGERS AS t SET trigger_state = 'WAITING'
                FROM mine
                WHERE t.sched_name = mine.sched_name AND t.trigger_name = mine.trigger_name
                  AND t.trigger_group = mine.trigger_group AND t.trigger_state = 'ACQUIRED'""";
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setString(2, instance);
            statement.executeUpdate();
        }
    }
}
