package dev.carnelian.jobstore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.TriggerKey;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;
import org.quartz.impl.jdbcjobstore.TriggerPersistenceDelegate;
import org.quartz.spi.OperableTrigger;
import org.quartz.utils.Key;

/** Quartz's statements, with a claim in which priority decides among everything that is due. */
public class PostgresDelegate extends PostgreSQLDelegate {
    private static final String MISFIRED = """
            SELECT %s FROM QRTZ_TRIGGERS
            WHERE sched_name = ? AND trigger_state = ? AND trigger_type <> 'ONCE' AND misfire_instr <> -1
              AND next_fire_time < ?
              AND (trigger_name, trigger_group) NOT IN (SELECT * FROM unnest(?::text[], ?::text[]))""";

    /** What Java's serialized objects begin with, and no text does. */
    private static final byte SERIALIZED = (byte) 0xAC;

    private DatabaseClock clock = new DatabaseClock();
    private @Nullable Set<String> jobNames;
    private Skipped skipped = new Skipped();

    @Override
    protected void addDefaultTriggerPersistenceDelegates() {
        super.addDefaultTriggerPersistenceDelegates();
        addTriggerPersistenceDelegate(new OnceTrigger.Persistence());
    }

    /**
     * @param jobNames the jobs this node can run, null for all of them
     * @param skipped what it leaves alone for now
     */
    void claim(DatabaseClock clock, @Nullable Set<String> jobNames, Skipped skipped) {
        this.clock = clock;
        this.jobNames = jobNames;
        this.skipped = skipped;
    }

    /**
     * The triggers to claim next: the due ones by priority, then those to come by time. Quartz's own statement orders by
     * time alone, so that with a backlog an urgent trigger waits for all that were stored before it.
     */
    @Override
    public List<TriggerKey> selectTriggerToAcquire(
            Connection connection, long noLaterThan, long noEarlierThan, int maxCount) throws SQLException {
        String claimable = """
                sched_name = ? AND trigger_state = 'WAITING' AND trigger_type <> 'ONCE' AND (misfire_instr = -1 OR next_fire_time >= ?)
                AND (?::text[] IS NULL OR job_name = ANY (?::text[]))
                AND (trigger_name, trigger_group) NOT IN (SELECT * FROM unnest(?::text[], ?::text[]))
                AND (job_name, job_group) NOT IN (SELECT * FROM unnest(?::text[], ?::text[]))""";
        String sql = """
                (SELECT trigger_name, trigger_group, 1 AS place, -priority AS first, next_fire_time AS second
                 FROM QRTZ_TRIGGERS WHERE %1$s AND next_fire_time <= ?
                 ORDER BY priority DESC, next_fire_time LIMIT ?)
                UNION ALL
                (SELECT trigger_name, trigger_group, 2, next_fire_time, -priority
                 FROM QRTZ_TRIGGERS WHERE %1$s AND next_fire_time > ? AND next_fire_time <= ?
                 ORDER BY next_fire_time, priority DESC LIMIT ?)
                ORDER BY place, first, second LIMIT ?""".formatted(claimable).replace("QRTZ_", tablePrefix);
        long now = Math.min(clock.millis(), noLaterThan);
        int limit = Math.max(1, maxCount);
        List<TriggerKey> keys = new ArrayList<>(limit);
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int next = setClaimable(statement, 1, noEarlierThan);
            statement.setLong(next++, now);
            statement.setInt(next++, limit);
            next = setClaimable(statement, next, noEarlierThan);
            statement.setLong(next++, now);
            statement.setLong(next++, noLaterThan);
            statement.setInt(next++, limit);
            statement.setInt(next, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    keys.add(TriggerKey.triggerKey(row.getString(1), row.getString(2)));
                }
            }
        }
        return keys;
    }

    /**
     * As Quartz's own, which reads every waiting trigger for it; one-shots never misfire. What could not be read the last
     * time is left out: it would be found first each time, and keep the handler from the others.
     *
     * @param count how many at most; negative for all
     */
    @Override
    public boolean hasMisfiredTriggersInState(
            Connection connection, String state, long before, int count, List<TriggerKey> result) throws SQLException {
        String sql =
                MISFIRED.formatted("trigger_name, trigger_group") + " ORDER BY next_fire_time, priority DESC LIMIT ?";
        try (PreparedStatement statement = connection.prepareStatement(sql.replace("QRTZ_", tablePrefix))) {
            setMisfired(statement, state, before);
            statement.setObject(6, count < 0 ? null : count + 1, Types.INTEGER);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if (result.size() == count) {
                        return true;
                    }
                    result.add(TriggerKey.triggerKey(row.getString(1), row.getString(2)));
                }
            }
        }
        return false;
    }

    @Override
    public int countMisfiredTriggersInState(Connection connection, String state, long before) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(MISFIRED.formatted("count(*)").replace("QRTZ_", tablePrefix))) {
            setMisfired(statement, state, before);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    private void setMisfired(PreparedStatement statement, String state, long before) throws SQLException {
        statement.setString(1, schedName);
        statement.setString(2, state);
        statement.setLong(3, before);
        int unused = setKeys(statement, 4, skipped.triggers());
    }

    private int setClaimable(PreparedStatement statement, int from, long noEarlierThan) throws SQLException {
        int next = from;
        Set<String> names = jobNames;
        var array = names == null ? null : statement.getConnection().createArrayOf("text", names.toArray());
        statement.setString(next++, schedName);
        statement.setLong(next++, noEarlierThan);
        statement.setArray(next++, array);
        statement.setArray(next++, array);
        next = setKeys(statement, next, skipped.triggers());
        return setKeys(statement, next, skipped.jobs());
    }

    private static int setKeys(PreparedStatement statement, int from, List<? extends Key<?>> keys) throws SQLException {
        Connection connection = statement.getConnection();
        statement.setArray(
                from,
                connection.createArrayOf("text", keys.stream().map(Key::getName).toArray()));
        statement.setArray(
                from + 1,
                connection.createArrayOf(
                        "text", keys.stream().map(Key::getGroup).toArray()));
        return from + 2;
    }

    /**
     * A new claim ends every older one of the same trigger. Whoever still holds one, because the trigger was paused and
     * resumed, replaced or blocked in between, must not fire it under the new claim.
     */
    @Override
    public int insertFiredTrigger(Connection connection, OperableTrigger trigger, String state, @Nullable JobDetail job)
            throws SQLException {
        String sql = """
                DELETE FROM QRTZ_FIRED_TRIGGERS
                WHERE sched_name = ? AND trigger_name = ? AND trigger_group = ? AND NOT once
                  AND state = 'ACQUIRED'""";
        try (PreparedStatement statement = connection.prepareStatement(sql.replace("QRTZ_", tablePrefix))) {
            setKey(statement, trigger.getKey());
            statement.executeUpdate();
        }
        return super.insertFiredTrigger(connection, trigger, state, job);
    }

    /** Quartz 2.5.2 leaves the row of the old type behind and writes none of the new one (Quartz #920). */
    @Override
    public int updateTrigger(Connection connection, OperableTrigger trigger, String state, JobDetail job)
            throws SQLException, IOException {
        // A trigger that was loaded to be fired has the type it was stored with.
        boolean replaces = trigger.getFireInstanceId() == null;
        TriggerPersistenceDelegate type = findTriggerPersistenceDelegate(trigger);
        String newType = type == null ? TTYPE_BLOB : type.getHandledTriggerTypeDiscriminator();
        if (!replaces || newType.equals(storedType(connection, trigger.getKey()))) {
            return super.updateTrigger(connection, trigger, state, job);
        }
        deleteTriggerExtension(connection, trigger.getKey());
        int updated = super.updateTrigger(connection, trigger, state, job);
        if (type == null) {
            insertBlobTrigger(connection, trigger);
        } else {
            type.insertExtendedTriggerProperties(connection, trigger, state, job);
        }
        return updated;
    }

    /** As Quartz's own, without the one-shots: their jobs are never blocked, and with them it reads the whole backlog. */
    @Override
    public int updateTriggerStatesForJobFromOtherState(Connection connection, JobKey job, String state, String oldState)
            throws SQLException {
        String sql = """
                UPDATE QRTZ_TRIGGERS SET trigger_state = ?
                WHERE sched_name = ? AND job_name = ? AND job_group = ? AND trigger_type <> 'ONCE'
                  AND trigger_state = ?""";
        try (PreparedStatement statement = connection.prepareStatement(sql.replace("QRTZ_", tablePrefix))) {
            statement.setString(1, state);
            statement.setString(2, schedName);
            statement.setString(3, job.getName());
            statement.setString(4, job.getGroup());
            statement.setString(5, oldState);
            return statement.executeUpdate();
        }
    }

    private @Nullable String storedType(Connection connection, TriggerKey trigger) throws SQLException {
        String sql = """
                SELECT trigger_type FROM QRTZ_TRIGGERS
                WHERE sched_name = ? AND trigger_name = ? AND trigger_group = ?""";
        try (PreparedStatement statement = connection.prepareStatement(sql.replace("QRTZ_", tablePrefix))) {
            setKey(statement, trigger);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    private void setKey(PreparedStatement statement, TriggerKey trigger) throws SQLException {
        statement.setString(1, schedName);
        statement.setString(2, trigger.getName());
        statement.setString(3, trigger.getGroup());
    }

    /**
     * Quartz 2.5.2 looks for the blob of a trigger in the trigger's own row, which has none (Quartz #1457). And the data of
     * one-shots are properties, also where Quartz is told to serialize.
     */
    @Override
    protected @Nullable Object getObjectFromBlob(ResultSet row, String column)
            throws ClassNotFoundException, IOException, SQLException {
        if (COL_JOB_DATAMAP.equals(column)) {
            byte[] data = row.getBytes(column);
            return data == null || data.length == 0 || data[0] == SERIALIZED
                    ? super.getObjectFromBlob(row, column)
                    : TriggerData.map(data);
        }
        if (!COL_BLOB.equals(column)) {
            return super.getObjectFromBlob(row, column);
        }
        try (PreparedStatement statement =
                row.getStatement().getConnection().prepareStatement(rtp(SELECT_BLOB_TRIGGER))) {
            statement.setString(1, row.getString(COL_TRIGGER_NAME));
            statement.setString(2, row.getString(COL_TRIGGER_GROUP));
            try (ResultSet blob = statement.executeQuery()) {
                return blob.next() ? super.getObjectFromBlob(blob, column) : null;
            }
        }
    }
}
