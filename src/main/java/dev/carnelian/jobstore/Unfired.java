package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Date;
import org.jspecify.annotations.Nullable;
import org.quartz.spi.OperableTrigger;

/**
 * Takes a firing back that no thread took on: the trigger is due at the same time again. Quartz would set all triggers of
 * the job to ERROR, and with them the work of every node, because one node is stopping.
 */
final class Unfired {
    private final Tables tables;

    Unfired(Tables tables) {
        this.tables = tables;
    }

    /**
     * Call it under the store's exclusive lock, after the firing's row was deleted. A trigger that was rescheduled in
     * between stays as it is; a claim of its next firing ends.
     */
    void undo(Connection connection, OperableTrigger trigger) throws SQLException {
        String sql = """
                WITH due AS (
                    UPDATE QRTZ_TRIGGERS SET next_fire_time = ?, prev_fire_time = -1,
                        trigger_state = CASE WHEN trigger_state IN ('COMPLETE', 'ACQUIRED') THEN 'WAITING' ELSE trigger_state END
                    WHERE sched_name = ? AND trigger_name = ? AND trigger_group = ? AND next_fire_time = ?
                    RETURNING sched_name, trigger_name, trigger_group
                ), claim AS (
                    DELETE FROM QRTZ_FIRED_TRIGGERS AS f USING due
                    WHERE f.sched_name = due.sched_name AND f.trigger_name = due.trigger_name
                      AND f.trigger_group = due.trigger_group AND NOT f.once AND f.state = 'ACQUIRED'
                )
                UPDATE QRTZ_SIMPLE_TRIGGERS AS s SET times_triggered = greatest(s.times_triggered - 1, 0)
                FROM due
                WHERE s.sched_name = due.sched_name AND s.trigger_name = due.trigger_name
                  AND s.trigger_group = due.trigger_group""";
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setLong(1, millis(trigger.getPreviousFireTime()));
            statement.setString(2, tables.scheduler());
            statement.setString(3, trigger.getKey().getName());
            statement.setString(4, trigger.getKey().getGroup());
            statement.setLong(5, millis(trigger.getNextFireTime()));
            statement.executeUpdate();
        }
    }

    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    private static long millis(@Nullable Date time) {
        return time == null ? -1 : time.getTime();
    }
}
