package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Date;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.quartz.JobDetail;
import org.quartz.ScheduleBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.jdbcjobstore.TriggerPersistenceDelegate;
import org.quartz.impl.triggers.SimpleTriggerImpl;
import org.quartz.spi.MutableTrigger;
import org.quartz.spi.OperableTrigger;

/** A plain one-shot as it is read from the store: it fires once, and its row says all there is to say. */
final class OnceTrigger extends SimpleTriggerImpl {
    private static final long serialVersionUID = 1;

    OnceTrigger() {
        setMisfireInstruction(MISFIRE_INSTRUCTION_IGNORE_MISFIRE_POLICY);
    }

    /** The trigger of a one-shot that has fired already, for Quartz's thread, which is to start its run at once. */
    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    static OnceTrigger of(OnceRows.Fired fired) {
        OnceTrigger trigger = new OnceTrigger();
        Run run = fired.run();
        // By the local clock, by which Quartz's thread waits, it is due, however the clocks differ.
        Date due = new Date(Math.min(fired.fireTime(), System.currentTimeMillis()));
        trigger.setKey(run.trigger());
        trigger.setJobKey(run.job());
        trigger.setPriority(fired.priority());
        trigger.setStartTime(due);
        trigger.setNextFireTime(due);
        trigger.setFireInstanceId(run.entryId());
        run.data().forEach(trigger.getJobDataMap()::put);
        trigger.getJobDataMap().clearDirtyFlag();
        return trigger;
    }

    /** Keeps Quartz's delegate for simple triggers from taking it. */
    @Override
    public boolean hasAdditionalProperties() {
        return true;
    }

    /** Tells Quartz's statements how such a trigger is kept: without a row in a table of its own. */
    static final class Persistence implements TriggerPersistenceDelegate {
        static final String TYPE = "ONCE";

        private @Nullable Tables tables;

        @Override
        public void initialize(String tablePrefix, String schedulerName) {
            tables = new Tables(schedulerName, tablePrefix);
        }

        @Override
        public boolean canHandleTriggerType(OperableTrigger trigger) {
            return trigger instanceof OnceTrigger;
        }

        @Override
        public String getHandledTriggerTypeDiscriminator() {
            return TYPE;
        }

        @Override
        public int insertExtendedTriggerProperties(
                Connection connection, OperableTrigger trigger, String state, @Nullable JobDetail job)
                throws SQLException {
            return judge(connection, trigger.getKey());
        }

        @Override
        public int updateExtendedTriggerProperties(
                Connection connection, OperableTrigger trigger, String state, @Nullable JobDetail job)
                throws SQLException {
            return judge(connection, trigger.getKey());
        }

        /** Quartz's statements know no column that says whether it is due, and what is due is claimed. */
        private int judge(Connection connection, TriggerKey key) throws SQLException {
            String sql = """
                    UPDATE QRTZ_TRIGGERS SET due = next_fire_time <= extract(epoch FROM now()) * 1000
                    WHERE sched_name = ? AND trigger_name = ? AND trigger_group = ?""";
            Tables ours = Objects.requireNonNull(tables);
            try (PreparedStatement statement = ours.prepare(connection, sql)) {
                statement.setString(1, ours.scheduler());
                statement.setString(2, key.getName());
                statement.setString(3, key.getGroup());
                return statement.executeUpdate();
            }
        }

        @Override
        public int deleteExtendedTriggerProperties(Connection connection, TriggerKey key) {
            return 0;
        }

        @Override
        public TriggerPropertyBundle loadExtendedTriggerProperties(Connection connection, TriggerKey key) {
            return new TriggerPropertyBundle(new Builder(), new String[0], new Object[0]);
        }
    }

    private static final class Builder extends ScheduleBuilder<OnceTrigger> {
        @Override
        protected MutableTrigger build() {
            return new OnceTrigger();
        }
    }
}
