package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.TriggerKey;
import org.quartz.impl.jdbcjobstore.DriverDelegate;
import org.quartz.spi.ClassLoadHelper;
import org.quartz.spi.OperableTrigger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Quartz's claim of triggers one by one, less its fragility: a trigger that cannot be read does not stop the claim, and
 * in a cluster one whose job's class is missing on this node waits for a node that has it instead of going into ERROR.
 */
final class StockClaims {
    private static final Logger LOG = LoggerFactory.getLogger(StockClaims.class);

    /** How often to look again when everything found was taken or could not be read. */
    private static final int ROUNDS = 3;

    /** What to claim. Times are the database's. */
    record Wanted(long now, long noLaterThan, long misfireTime, long timeWindow, int maxCount) {}

    private final DriverDelegate delegate;
    private final ClassLoadHelper classes;
    private final boolean clustered;
    private final Skipped skipped;
    private final Supplier<String> entryIds;

    StockClaims(
            DriverDelegate delegate,
            ClassLoadHelper classes,
            boolean clustered,
            Skipped skipped,
            Supplier<String> entryIds) {
        this.delegate = delegate;
        this.classes = classes;
        this.clustered = clustered;
        this.skipped = skipped;
        this.entryIds = entryIds;
    }

    List<OperableTrigger> claim(Connection connection, Wanted wanted) throws SQLException {
        List<OperableTrigger> claimed = new ArrayList<>();
        for (int round = 0; round < ROUNDS && claimed.isEmpty(); round++) {
            List<TriggerKey> keys = delegate.selectTriggerToAcquire(
                    connection, wanted.noLaterThan() + wanted.timeWindow(), wanted.misfireTime(), wanted.maxCount());
            if (keys.isEmpty()) {
                break;
            }
            claim(connection, wanted, keys, claimed);
        }
        return claimed;
    }

    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    private void claim(Connection connection, Wanted wanted, List<TriggerKey> keys, List<OperableTrigger> claimed)
            throws SQLException {
        Set<JobKey> serial = new HashSet<>();
        long end = wanted.noLaterThan();
        for (TriggerKey key : keys) {
            Optional<OperableTrigger> found = read(connection, key);
            Date time = found.map(OperableTrigger::getNextFireTime).orElse(null);
            if (found.isEmpty() || time == null || !mayRun(connection, found.get(), serial)) {
                continue;
            }
            if (time.getTime() > end) {
                break;
            }
            OperableTrigger trigger = found.get();
            if (delegate.updateTriggerStateFromOtherState(connection, key, "ACQUIRED", "WAITING") == 0) {
                continue;
            }
            trigger.setFireInstanceId(entryIds.get());
            delegate.insertFiredTrigger(connection, trigger, "ACQUIRED", null);
            if (claimed.isEmpty()) {
                end = Math.max(time.getTime(), wanted.now()) + wanted.timeWindow();
            }
            claimed.add(trigger);
        }
    }

    /** The trigger, unless it is gone or cannot be read. */
    Optional<OperableTrigger> read(Connection connection, TriggerKey key) throws SQLException {
        try {
            return Optional.ofNullable(delegate.selectTrigger(connection, key));
        } catch (SQLException e) {
            throw e;
        } catch (Exception e) {
            if (skipped.add(key)) {
                LOG.error("trigger {} cannot be read: this node leaves it alone for {}", key, Skipped.PAUSE, e);
            }
            return Optional.empty();
        }
    }

    /** Whether the job can be run here; of a job that runs one at a time only one trigger is claimed at once. */
    private boolean mayRun(Connection connection, OperableTrigger trigger, Set<JobKey> serial) throws SQLException {
        JobKey key = trigger.getJobKey();
        try {
            JobDetail job = delegate.selectJobDetail(connection, key, classes);
            return job != null && (!job.isConcurrentExecutionDisallowed() || serial.add(key));
        } catch (SQLException e) {
            throw e;
        } catch (Exception | LinkageError e) {
            if (!clustered) {
                LOG.error("job {} cannot be run and trigger {} is set to ERROR", key, trigger.getKey(), e);
                delegate.updateTriggerState(connection, trigger.getKey(), "ERROR");
            } else if (skipped.add(key)) {
                LOG.warn(
                        "job {} cannot be run here: its triggers are left to other nodes for {}",
                        key,
                        Skipped.PAUSE,
                        e);
            }
            return false;
        }
    }
}
