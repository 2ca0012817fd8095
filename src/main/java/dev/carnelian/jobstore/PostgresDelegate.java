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
    private DatabaseClock clock = new DatabaseClock();
    private @Nullable Set<String> jobNames;

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
                sched_name = ? AND trigger_state = 'WAITING' AND (misfire_instr = -1 OR next_fire_time >= ?)
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
