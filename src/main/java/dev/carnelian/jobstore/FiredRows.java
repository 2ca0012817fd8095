package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.quartz.impl.jdbcjobstore.SchedulerStateRecord;

/**
 * The fence: a run belongs to the instance whose fired row it has, and to nobody without one. Quartz looks at the
 * trigger's state instead, which a second owner shares.
 */
final class FiredRows {
    private final String scheduler;
    private final String prefix;

    FiredRows(String scheduler, String prefix) {
        this.scheduler = scheduler;
        this.prefix = prefix;
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
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setString(1, scheduler);
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

    /** Ends a run or a claim of this instance; false if it was taken away in between. */
    boolean delete(Connection connection, String instance, String entryId, String state) throws SQLException {
        String sql = """
                DELETE FROM QRTZ_FIRED_TRIGGERS
                WHERE sched_name = ? AND entry_id = ? AND instance_name = ? AND state = ?""";
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setString(1, scheduler);
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
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setString(1, scheduler);
            statement.setString(2, instance);
            statement.executeUpdate();
        }
    }

    /**
     * The instances whose lease is over, and those that have runs but no lease at all.
     *
     * @param self whether to count the given instance among them, as a scheduler does that starts
     */
    List<SchedulerStateRecord> failedInstances(Connection connection, String instance, boolean self, long now)
            throws SQLException {
        String sql = """
                SELECT instance_name, last_checkin_time, checkin_interval FROM QRTZ_SCHEDULER_STATE
                WHERE sched_name = ? AND CASE WHEN instance_name = ? THEN ? ELSE last_checkin_time + checkin_interval < ? END
                UNION ALL
                SELECT DISTINCT f.instance_name, 0::bigint, 0::bigint FROM QRTZ_FIRED_TRIGGERS AS f
                WHERE f.sched_name = ? AND (f.instance_name <> ? OR ?) AND NOT EXISTS (
                    SELECT 1 FROM QRTZ_SCHEDULER_STATE AS s
                    WHERE s.sched_name = f.sched_name AND s.instance_name = f.instance_name)""";
        List<SchedulerStateRecord> failed = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setString(1, scheduler);
            statement.setString(2, instance);
            statement.setBoolean(3, self);
            statement.setLong(4, now);
            statement.setString(5, scheduler);
            statement.setString(6, instance);
            statement.setBoolean(7, self);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    SchedulerStateRecord record = new SchedulerStateRecord();
                    record.setSchedulerInstanceId(row.getString(1));
                    record.setCheckinTimestamp(row.getLong(2));
                    record.setCheckinInterval(row.getLong(3));
                    failed.add(record);
                }
            }
        }
        return failed;
    }

    /**
     * Those of the given instances that are failed still: one may have checked in while the lock was waited for. The rest
     * cannot check in until the commit.
     */
    List<SchedulerStateRecord> stillFailed(
            Connection connection, String instance, boolean self, List<SchedulerStateRecord> failed, long now)
            throws SQLException {
        List<String> names = failed.stream()
                .map(SchedulerStateRecord::getSchedulerInstanceId)
                .toList();
        String sql = """
                SELECT 1 FROM QRTZ_SCHEDULER_STATE WHERE sched_name = ? AND instance_name = ANY (?)
                ORDER BY instance_name FOR UPDATE""";
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setString(1, scheduler);
            statement.setArray(2, connection.createArrayOf("text", names.toArray()));
            statement.execute();
        }
        return failedInstances(connection, instance, self, now).stream()
                .filter(record -> names.contains(record.getSchedulerInstanceId()))
                .toList();
    }

    private String named(String sql) {
        return sql.replace("QRTZ_", prefix);
    }
}
