package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.quartz.JobKey;
import org.quartz.TriggerKey;
import org.quartz.utils.Key;

/**
 * Keeps a job that disallows concurrent execution to one run at a time. Quartz goes by the state of the triggers alone,
 * which a release, a replacement or a new trigger sets without looking for a run; here the run's fired row decides.
 *
 * <p>Everything here is called under the store's exclusive lock.
 */
final class SerialJobs {
    private static final String IS_BUSY = """
            EXISTS (SELECT 1 FROM QRTZ_FIRED_TRIGGERS AS f
                    WHERE f.sched_name = t.sched_name AND f.job_name = t.job_name AND f.job_group = t.job_group
                      AND NOT f.once AND f.is_nonconcurrent AND f.state = 'EXECUTING')""";

    private final Tables tables;

    SerialJobs(Tables tables) {
        this.tables = tables;
    }

    /** Blocks a claimed trigger whose job is running; false if it may fire. */
    boolean holdBack(Connection connection, TriggerKey trigger) throws SQLException {
        return update(connection, trigger, """
                UPDATE QRTZ_TRIGGERS AS t SET trigger_state = 'BLOCKED'
                WHERE sched_name = ? AND trigger_name = ? AND trigger_group = ?
                  AND trigger_state = 'ACQUIRED' AND\s""" + IS_BUSY);
    }

    /** Gives a claim back; the trigger stays blocked for as long as its job runs. */
    void release(Connection connection, TriggerKey trigger) throws SQLException {
        boolean unused = update(connection, trigger, """
                UPDATE QRTZ_TRIGGERS AS t SET trigger_state = 'WAITING'
                WHERE sched_name = ? AND trigger_name = ? AND trigger_group = ?
                  AND (trigger_state = 'ACQUIRED' OR trigger_state = 'BLOCKED' AND NOT\s""" + IS_BUSY + ")");
    }

    /** Sets the triggers of a job free that no longer runs. */
    void unblock(Connection connection, JobKey job) throws SQLException {
        boolean unused = update(connection, job, """
                UPDATE QRTZ_TRIGGERS AS t
                SET trigger_state = CASE trigger_state WHEN 'BLOCKED' THEN 'WAITING' ELSE 'PAUSED' END
                WHERE sched_name = ? AND job_name = ? AND job_group = ? AND trigger_type <> 'ONCE'
                  AND trigger_state IN ('BLOCKED', 'PAUSED_BLOCKED') AND NOT\s""" + IS_BUSY);
    }

    /** The waiting triggers of a job that missed their time while it ran. */
    List<TriggerKey> overdue(Connection connection, JobKey job, long misfireTime, int most) throws SQLException {
        String sql = """
                SELECT trigger_name, trigger_group FROM QRTZ_TRIGGERS
                WHERE sched_name = ? AND job_name = ? AND job_group = ? AND trigger_type <> 'ONCE'
                  AND trigger_state = 'WAITING'
                  AND misfire_instr <> -1 AND next_fire_time < ?
                ORDER BY next_fire_time LIMIT ?""";
        List<TriggerKey> keys = new ArrayList<>();
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setString(2, job.getName());
            statement.setString(3, job.getGroup());
            statement.setLong(4, misfireTime);
            statement.setInt(5, most);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    keys.add(TriggerKey.triggerKey(row.getString(1), row.getString(2)));
                }
            }
        }
        return keys;
    }

    private boolean update(Connection connection, Key<?> key, String sql) throws SQLException {
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setString(2, key.getName());
            statement.setString(3, key.getGroup());
            return statement.executeUpdate() > 0;
        }
    }
}
