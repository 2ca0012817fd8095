package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.quartz.impl.jdbcjobstore.DriverDelegate;
import org.quartz.impl.jdbcjobstore.SchedulerStateRecord;

/**
 * This node among its peers: it checks in, watches its own lease, and finds the instances whose lease is over. All times
 * in the table are the database's, so that no node's clock decides over another. Thread-safe.
 */
final class Membership {
    private final Tables tables;
    private final String instance;
    private final DatabaseClock clock;
    private final Lease lease;
    private final Runnable lost;
    private volatile @Nullable LeaseWatch watch;
    private volatile boolean recoveredByPeer;

    /**
     * @param lost called once each time the lease ends, on the thread that notices
     */
    Membership(Tables tables, String instance, DatabaseClock clock, Lease lease, Runnable lost) {
        this.tables = tables;
        this.instance = instance;
        this.clock = clock;
        this.lease = lease;
        this.lost = lost;
    }

    Lease lease() {
        return lease;
    }

    /** From now on this node's runs are its own only while it holds the lease. */
    void watchLease() {
        watch = LeaseWatch.start(lease, instance, lost);
    }

    void stopWatching() {
        LeaseWatch current = watch;
        if (current != null) {
            current.close();
            watch = null;
        }
    }

    /** Whether peers may have what this node claimed; never while nobody watches, as without a cluster. */
    boolean leaseIsOver() {
        return watch != null && !lease.isHeld();
    }

    /**
     * Renews the lease in the table, in the caller's transaction. A row that is gone says that a peer has recovered this
     * node's runs.
     *
     * @param first whether this node has not checked in before
     */
    void checkIn(Connection connection, DriverDelegate delegate, boolean first) throws SQLException {
        long now = clock.millis();
        if (delegate.updateSchedulerState(connection, instance, now) == 0) {
            // The column holds the lease rather than the interval: each node says itself how long to wait for it.
            delegate.insertSchedulerState(
                    connection, instance, now, lease.length().toMillis());
            recoveredByPeer = !first;
        }
    }

    /**
     * The check-in was committed.
     *
     * @param sentAt {@link System#nanoTime()} before it was sent
     */
    void checkedIn(long sentAt) {
        if (recoveredByPeer) {
            recoveredByPeer = false;
            if (lease.loseIf(true)) {
                lost.run();
            }
        }
        lease.renew(sentAt);
    }

    /**
     * The instances whose lease is over, and those that have runs but no lease at all.
     *
     * @param self whether to count this one among them, as a scheduler does that starts
     */
    List<SchedulerStateRecord> failed(Connection connection, boolean self) throws SQLException {
        return failed(connection, self, clock.read(connection));
    }

    private List<SchedulerStateRecord> failed(Connection connection, boolean self, long now) throws SQLException {
        String sql = """
                SELECT instance_name, last_checkin_time, checkin_interval FROM QRTZ_SCHEDULER_STATE
                WHERE sched_name = ? AND CASE WHEN instance_name = ? THEN ? ELSE last_checkin_time + checkin_interval < ? END
                UNION ALL
                SELECT DISTINCT f.instance_name, 0::bigint, 0::bigint FROM QRTZ_FIRED_TRIGGERS AS f
                WHERE f.sched_name = ? AND (f.instance_name <> ? OR ?) AND NOT EXISTS (
                    SELECT 1 FROM QRTZ_SCHEDULER_STATE AS s
                    WHERE s.sched_name = f.sched_name AND s.instance_name = f.instance_name)""";
        List<SchedulerStateRecord> failed = new ArrayList<>();
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setString(2, instance);
            statement.setBoolean(3, self);
            statement.setLong(4, now);
            statement.setString(5, tables.scheduler());
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
    List<SchedulerStateRecord> stillFailed(Connection connection, boolean self, List<SchedulerStateRecord> failed)
            throws SQLException {
        long now = clock.read(connection);
        List<String> names = failed.stream()
                .map(SchedulerStateRecord::getSchedulerInstanceId)
                .toList();
        String sql = """
                SELECT 1 FROM QRTZ_SCHEDULER_STATE WHERE sched_name = ? AND instance_name = ANY (?)
                ORDER BY instance_name FOR UPDATE""";
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setArray(2, connection.createArrayOf("text", names.toArray()));
            statement.execute();
        }
        return failed(connection, self, now).stream()
                .filter(record -> names.contains(record.getSchedulerInstanceId()))
                .toList();
    }
}
