package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.jspecify.annotations.Nullable;
import org.quartz.JobPersistenceException;
import org.quartz.SchedulerConfigException;
import org.quartz.SchedulerException;
import org.quartz.TriggerKey;
import org.quartz.impl.jdbcjobstore.JobStoreTX;
import org.quartz.impl.jdbcjobstore.SchedulerStateRecord;
import org.quartz.spi.ClassLoadHelper;
import org.quartz.spi.SchedulerSignaler;

/**
 * Quartz's JDBC job store as a member of a cluster: leases by the database's clock instead of each node's own
 * ({@link Membership}), misfires by the same clock, stuck triggers freed ({@link Sweep}), and calls that fail tried again
 * until the shutdown. What is claimed, run and ended is for those that extend it.
 *
 * <p>Thread-safe once initialised, and may be initialised again after a shutdown.
 */
// JobStoreTX overrides executeInLock with a raw signature (Quartz 2.5.2), which every subclass is warned about.
@SuppressWarnings("unchecked")
abstract class ClusteredJobStore extends JobStoreTX {
    /** What Quartz adds to the check-in interval before it holds a peer to be dead. */
    private static final long QUARTZ_GRACE_MILLIS = 7_500;

    private @Nullable Duration leaseLength;
    private Duration sweepInterval = Duration.ofMinutes(1);

    private DatabaseClock clock = new DatabaseClock();
    private @Nullable Membership membership;
    private @Nullable Sweep sweep;
    private volatile boolean stopping;
    private volatile boolean closed;

    /**
     * How long after its last check-in this node's runs are left to it, at least three check-in intervals. Unset, it is
     * what Quartz uses: the check-in interval and 7.5 s.
     */
    public void setLease(Duration length) {
        this.leaseLength = length;
    }

    /** How often to look for stuck triggers, at most as often as for misfired ones; once a minute unless it is set. */
    public void setSweepInterval(Duration interval) {
        this.sweepInterval = interval;
    }

    // ---- from start to shutdown

    @Override
    public void initialize(ClassLoadHelper loadHelper, SchedulerSignaler signaler) throws SchedulerConfigException {
        Lease lease = new Lease(
                leaseLength == null
                        ? Duration.ofMillis(getClusterCheckinInterval() + QUARTZ_GRACE_MILLIS)
                        : leaseLength);
        clock = new DatabaseClock();
        membership = new Membership(tables(), getInstanceId(), clock, lease, this::onLeaseLost);
        sweep = new Sweep(tables(), sweepInterval);
        firstCheckIn = true;
        stopping = false;
        closed = false;
        super.initialize(loadHelper, signaler);
    }

    private Membership membership() {
        if (membership == null) {
            throw new IllegalStateException("the store is not initialised");
        }
        return membership;
    }

    @Override
    public void schedulerStarted() throws SchedulerException {
        super.schedulerStarted();
        if (isClustered()) {
            membership().watchLease();
        }
    }

    /** From now on this node claims nothing and checks in no more. */
    void stopClaiming() {
        stopping = true;
        membership().stopWatching();
    }

    @Override
    public void shutdown() {
        stopClaiming();
        try {
            executeInNonManagedTXLock(
                    LOCK_TRIGGER_ACCESS,
                    connection -> {
                        sqlDo("release the claims of a node that stops", () -> leave(connection));
                        return true;
                    },
                    null);
        } catch (JobPersistenceException | IllegalStateException e) {
            getLog().warn("could not release the claims of {}; peers do it when its lease ends", getInstanceId(), e);
        }
        closed = true;
        super.shutdown();
    }

    /** Leaves the cluster under Quartz's lock: nothing is left for the peers to wait for. */
    void leave(Connection connection) throws SQLException, JobPersistenceException {
        if (getDelegate()
                .selectInstancesFiredTriggerRecords(connection, getInstanceId())
                .isEmpty()) {
            getDelegate().deleteSchedulerState(connection, getInstanceId());
        }
    }

    // ---- the lease

    /** Whether this node may believe that its runs are still its own. */
    public boolean holdsLease() {
        return membership != null && membership.lease().isHeld();
    }

    /** What is left of this node's lease in milliseconds, zero when it is over. */
    public long leaseMillisLeft() {
        return membership == null ? 0 : membership.lease().millisLeft();
    }

    /** How far this machine's clock is behind the database's in milliseconds; negative when it is ahead. */
    public long clockLagMillis() {
        return clock.localLag();
    }

    DatabaseClock clock() {
        return clock;
    }

    /** Whether peers may have what this node claimed, or will in a moment. */
    boolean leaseIsOver() {
        return membership().leaseIsOver();
    }

    /** Without a lease a claim could outlive us unseen, and a node that peers have written off claims nothing. */
    boolean mayClaim() {
        return !stopping && !leaseIsOver();
    }

    /** Called once each time the lease ends: peers may take this node's runs over, or have. */
    void onLeaseLost() {
        getLog().warn(
                        "{} could not renew its lease in time: it stops what it runs, as peers may run it again",
                        getInstanceId());
    }

    // ---- check-in and recovery

    @Override
    protected boolean doCheckin() throws JobPersistenceException {
        long sentAt = System.nanoTime();
        boolean recovered = super.doCheckin();
        boolean claimedNothing = leaseIsOver();
        membership().checkedIn(sentAt);
        if (claimedNothing) {
            // Quartz's thread would sleep for all of its idle wait, half a minute unless told otherwise.
            signalSchedulingChangeImmediately(0);
        }
        return recovered;
    }

    @Override
    protected List<SchedulerStateRecord> findFailedInstances(Connection connection) throws JobPersistenceException {
        return sql("find failed nodes", () -> membership().failed(connection, firstCheckIn));
    }

    @Override
    protected List<SchedulerStateRecord> clusterCheckIn(Connection connection) throws JobPersistenceException {
        List<SchedulerStateRecord> failed = findFailedInstances(connection);
        lastCheckin = System.currentTimeMillis();
        if (stopping) {
            return List.of();
        }
        sqlDo("check in", () -> membership().checkIn(connection, getDelegate(), firstCheckIn));
        return failed;
    }

    @Override
    protected void clusterRecover(Connection connection, List<SchedulerStateRecord> suspected)
            throws JobPersistenceException {
        List<SchedulerStateRecord> failed =
                sql("check failed nodes", () -> membership().stillFailed(connection, firstCheckIn, suspected));
        for (SchedulerStateRecord instance : failed) {
            sqlDo(
                    "recover the one-shots of a dead node",
                    () -> recoverOneShots(connection, instance.getSchedulerInstanceId()));
        }
        super.clusterRecover(connection, failed);
    }

    /** Without a cluster, at the start: Quartz ends all fired rows, and with them would end the one-shots. */
    @Override
    protected void recoverJobs(Connection connection) throws JobPersistenceException {
        sqlDo("recover one-shots", () -> {
            for (String instance : new FiredRows(tables()).instancesOfOneShots(connection)) {
                recoverOneShots(connection, instance);
            }
        });
        super.recoverJobs(connection);
    }

    /** Recovers of a dead instance what Quartz does not know how to. */
    abstract void recoverOneShots(Connection connection, String instance) throws SQLException;

    // ---- misfires, stuck triggers, retries

    @Override
    protected long getMisfireTime() {
        long time = clock.millis();
        return getMisfireThreshold() > 0 ? time - getMisfireThreshold() : time;
    }

    /** Runs on the misfire handler's thread, once a minute unless it is told otherwise. */
    @Override
    protected RecoverMisfiredJobsResult doRecoverMisfires() throws JobPersistenceException {
        RecoverMisfiredJobsResult result = super.doRecoverMisfires();
        Sweep current = sweep;
        if (current != null && current.isDue()) {
            sweep(current);
        }
        return result;
    }

    private void sweep(Sweep sweep) throws JobPersistenceException {
        // Looks before it takes the lock: there is hardly ever anything to mend.
        List<TriggerKey> suspects = executeInNonManagedTXLock(
                null, connection -> sql("look for stuck triggers", () -> sweep.suspects(connection)), null);
        if (suspects.isEmpty()) {
            return;
        }
        executeInNonManagedTXLock(
                LOCK_TRIGGER_ACCESS,
                connection -> {
                    List<TriggerKey> freed = sql("free stuck triggers", () -> sweep.free(connection, suspects));
                    List<TriggerKey> over = sql("find finished triggers", () -> sweep.over(connection, suspects));
                    for (TriggerKey key : over) {
                        removeTrigger(connection, key);
                    }
                    getLog().warn("freed {} stuck triggers, removed {} finished ones", freed.size(), over.size());
                    signalSchedulingChangeOnTxCompletion(0);
                    return true;
                },
                null);
    }

    /** What Quartz has, but not for ever false once the store was shut down, and with one try even then. */
    @Override
    protected <T> T retryExecuteInNonManagedTXLock(String lockName, TransactionCallback<T> transaction) {
        for (int tries = 1; ; tries++) {
            try {
                return executeInNonManagedTXLock(lockName, transaction, null);
            } catch (JobPersistenceException e) {
                if (closed) {
                    throw new IllegalStateException("the job store is shut down", e);
                }
                if (tries == 1 && wasInterrupted(e)) {
                    // Quartz interrupts its thread when it stops it, amid the release of what it holds.
                    continue;
                }
                getLog().warn("try {} failed, the next one follows in {} ms", tries, getDbRetryInterval(), e);
            }
            pause(getDbRetryInterval());
        }
    }

    private static boolean wasInterrupted(Throwable thrown) {
        return !Thread.currentThread().isInterrupted()
                && ExceptionUtils.stream(thrown).anyMatch(InterruptedException.class::isInstance);
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the database", e);
        }
    }

    // ---- transactions and statements

    Tables tables() {
        return new Tables(getInstanceName(), getTablePrefix());
    }

    /** Without Quartz's lock on the cluster. */
    <T> T inTransaction(Transactions.Work<T> work) throws JobPersistenceException {
        return executeInNonManagedTXLock(null, connection -> sql("change triggers", () -> work.on(connection)), null);
    }

    interface SqlQuery<T> {
        T run() throws Exception;
    }

    interface SqlCommand {
        void run() throws Exception;
    }

    static void sqlDo(String what, SqlCommand command) throws JobPersistenceException {
        sql(what, () -> {
            command.run();
            return true;
        });
    }

    /** Runs a statement; its failure becomes the exception that Quartz's methods throw. */
    static <T> T sql(String what, SqlQuery<T> query) throws JobPersistenceException {
        try {
            return query.run();
        } catch (JobPersistenceException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new JobPersistenceException("could not " + what + ": " + e.getMessage(), e);
        }
    }
}
