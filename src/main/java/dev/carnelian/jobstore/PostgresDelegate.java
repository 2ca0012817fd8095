package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.quartz.TriggerKey;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;

/** Quartz's statements, with a claim in which priority decides among everything that is due. */
public class PostgresDelegate extends PostgreSQLDelegate {
    private static final String MISFIRED = """
            SELECT %s FROM QRTZ_TRIGGERS
            WHERE sched_name = ? AND trigger_state = ? AND trigger_type <> 'ONCE' AND misfire_instr <> -1
              AND next_fire_time < ?""";

    private DatabaseClock clock = new DatabaseClock();
    private @Nullable Set<String> jobNames;

    @Override
    protected void addDefaultTriggerPersistenceDelegates() {
        super.addDefaultTriggerPersistenceDelegates();
        addTriggerPersistenceDelegate(new OnceTrigger.Persistence());
    }

    /**
     * @param jobNames the jobs this node can run, null for all of them
     */
    void claim(DatabaseClock clock, @Nullable Set<String> jobNames) {
        this.clock = clock;
        this.jobNames = jobNames;
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
                AND (?::text[] IS NULL OR job_name = ANY (?::text[]))""";
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

    /** As Quartz's own, which reads every waiting trigger for it; one-shots never misfire. */
    @Override
    public boolean hasMisfiredTriggersInState(
            Connection connection, String state, long before, int count, List<TriggerKey> result) throws SQLException {
        String sql =
                MISFIRED.formatted("trigger_name, trigger_group") + " ORDER BY next_fire_time, priority DESC LIMIT ?";
        try (PreparedStatement statement = connection.prepareStatement(sql.replace("QRTZ_", tablePrefix))) {
            setMisfired(statement, state, before);
            statement.setInt(4, count + 1);
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
    }

    private int setClaimable(PreparedStatement statement, int from, long noEarlierThan) throws SQLException {
        int next = from;
        Set<String> names = jobNames;
        var array = names == null ? null : statement.getConnection().createArrayOf("text", names.toArray());
        statement.setString(next++, schedName);
        statement.setLong(next++, noEarlierThan);
        statement.setArray(next++, array);
        statement.setArray(next++, array);
        return next;
    }
}
