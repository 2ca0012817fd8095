package dev.carnelian.jobstore;

import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.quartz.JobDetail;
import org.quartz.JobPersistenceException;
import org.quartz.SchedulerConfigException;
import org.quartz.SchedulerException;
import org.quartz.Trigger.CompletedExecutionInstruction;
import org.quartz.TriggerKey;
import org.quartz.spi.ClassLoadHelper;
import org.quartz.spi.OperableTrigger;
import org.quartz.spi.SchedulerSignaler;
import org.quartz.spi.TriggerFiredBundle;
import org.quartz.spi.TriggerFiredResult;

/**
 * Quartz's clustered JDBC job store on PostgreSQL, made safe against nodes that stop answering and come back, with a fast
 * path for plain one-shots.
 *
 * <p>The safety is in what it extends: leases in {@link ClusteredJobStore}, fences in {@link FencedJobStore}. Here the two
 * kinds of triggers part: one-shots have a path of their own ({@link FastPath}): stored in the caller's transaction,
 * claimed and fired in one statement, ended in batches, all of it without a lock on the cluster, with an application's own
 * changes in the same transactions ({@link StoreHook}). Everything else is Quartz's.
 *
 * <p>Thread-safe once initialised, and may be initialised again after a shutdown.
 */
@SuppressWarnings("unchecked") // as for ClusteredJobStore
public class PostgresJobStore extends FencedJobStore {
    private final Map<String, Object> outcomes = new ConcurrentHashMap<>();
    private final Shares shares = new Shares();
    private @Nullable StoreHook hook;
    private @Nullable FastPath fast;
    private @Nullable Completer completer;
    private @Nullable Outlook outlook;
    private volatile boolean schemaComplete;

    public PostgresJobStore() {}

    /** What to call in the store's transactions. Set it before the store is initialised. */
    public void setHook(StoreHook hook) {
        this.hook = hook;
    }

    // ---- from start to shutdown

    @Override
    public void initialize(ClassLoadHelper loadHelper, SchedulerSignaler signaler) throws SchedulerConfigException {
        outcomes.clear();
        schemaComplete = false;
        super.initialize(loadHelper, signaler);
        KnownJobs jobs = new KnownJobs(this::retrieveJob, skipped());
        fast = new FastPath(tables(), this::inTransaction, jobs, clock(), getInstanceId(), hook, jobNames());
        if (outlook != null) {
            outlook.close();
        }
        outlook = new Outlook(rows(), this::inTransaction, clock(), this::wake);
    }

    private Outlook outlook() {
        if (outlook == null) {
            throw new IllegalStateException("the store is not initialised");
        }
        return outlook;
    }

    private FastPath fast() {
        if (fast == null) {
            throw new IllegalStateException("the store is not initialised");
        }
        return fast;
    }

    private OnceRows rows() {
        return new OnceRows(tables());
    }

    @Override
    public void schedulerStarted() throws SchedulerException {
        super.schedulerStarted();
        completer = new Completer(
                rows(), this::inTransaction, getInstanceId(), hook, Duration.ofMillis(getDbRetryInterval()));
        outlook().repeat(this::releaseStale);
    }

    private void releaseStale() {
        if (beginsAreTold()) {
            fast().releaseStale();
        }
    }

    @Override
    public void shutdown() {
        stopClaiming();
        if (completer != null) {
            completer.close();
            completer = null;
        }
        outlook().close();
        fast().releaseAll();
        super.shutdown();
    }

    /** The first connection also completes the tables. */
    @Override
    protected Connection getConnection() throws JobPersistenceException {
        Connection connection = super.getConnection();
        if (schemaComplete) {
            return connection;
        }
        try {
            Schema.complete(connection, getTablePrefix());
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
            schemaComplete = true;
            return connection;
        } catch (SQLException e) {
            rollbackConnection(connection);
            cleanupConnection(connection);
            throw new JobPersistenceException(
                    "the tables are not complete and could not be made so; apply sql/V001__quartz.sql: "
                            + e.getMessage(),
                    e);
        }
    }

    // ---- what callers use beside Quartz's own methods

    /**
     * Stores one-shots in the caller's transaction. Takes no lock and wakes nobody: call {@link #wake} on every node after
     * the commit.
     */
    public void storeOneShots(Connection connection, List<OneShot> shots) throws SQLException {
        rows().insert(connection, shots);
    }

    /**
     * The same of new ones, in one statement with an INSERT of the caller's: in one round trip, and both or neither even
     * where the connection is in no transaction. A time that is past counts as now.
     *
     * @param insert without RETURNING
     * @return the time of the transaction, as {@code now()} has it
     */
    public Instant storeOneShots(Connection connection, List<OneShot> shots, String insert, List<Array> parameters)
            throws SQLException {
        return rows().insert(connection, shots, insert, parameters);
    }

    /** Removes a one-shot in the caller's transaction, unless it has fired. Waits for nobody. */
    public boolean removeUnclaimed(Connection connection, TriggerKey trigger) throws SQLException {
        return rows().delete(connection, trigger);
    }

    /** Lets this node look for due triggers now. */
    public void wake() {
        signalSchedulingChangeImmediately(0);
    }

    /** Leaves what a run ended with, for {@link StoreHook#onCompleted}; call it before the job's execution returns. */
    public void recordOutcome(String entryId, Object outcome) {
        outcomes.put(entryId, outcome);
    }

    // ---- claim and start

    /** Whether the fast path claimed it; triggers of that kind are claimed nowhere else. */
    private static boolean isOneShot(OperableTrigger trigger) {
        return trigger instanceof OnceTrigger && trigger.getFireInstanceId() != null;
    }

    @Override
    public List<OperableTrigger> acquireNextTriggers(long noLaterThan, int maxCount, long timeWindow)
            throws JobPersistenceException {
        if (!mayClaim()) {
            return new ArrayList<>();
        }
        long latest = noLaterThan + clock().localLag();
        int slots = Math.max(1, maxCount);
        OnceRows.Coming coming;
        try {
            fast().settleDoubts();
            coming = outlook().look();
        } catch (JobPersistenceException e) {
            return claimUnseen(latest, slots, timeWindow, e);
        }
        boolean othersWait = coming.nextOther() <= latest;
        boolean othersDue = coming.nextOther() <= clock().millis();
        int forOthers = othersDue ? shares.forOthers(slots) : 0;
        List<OperableTrigger> acquired = new ArrayList<>(fast().claim(coming.onceDue() ? slots - forOthers : 0));
        outlook().claimed(!othersWait && !acquired.isEmpty());
        if (othersWait && acquired.size() < slots) {
            // Quartz waits for the first trigger of a list and then fires them all.
            List<OperableTrigger> others = acquired.isEmpty()
                    ? claimByQuartz(latest, slots, timeWindow)
                    : claimByQuartz(clock().millis(), slots - acquired.size(), 0);
            acquired.addAll(others);
            if (othersDue && others.isEmpty()) {
                shares.othersWereFruitless();
            }
        }
        if (acquired.isEmpty() && forOthers == slots && coming.onceDue()) {
            acquired.addAll(fast().claim(slots));
        }
        return acquired;
    }

    /** A look that failed need not keep Quartz's triggers back; if there are none either, Quartz must come again soon. */
    private List<OperableTrigger> claimUnseen(long latest, int slots, long timeWindow, JobPersistenceException failure)
            throws JobPersistenceException {
        List<OperableTrigger> others = claimByQuartz(latest, slots, timeWindow);
        if (others.isEmpty()) {
            throw failure;
        }
        return others;
    }

    @Override
    public List<TriggerFiredResult> triggersFired(List<OperableTrigger> triggers) throws JobPersistenceException {
        List<OperableTrigger> others =
                triggers.stream().filter(trigger -> !isOneShot(trigger)).toList();
        Iterator<TriggerFiredResult> fired = others.isEmpty()
                ? Collections.emptyIterator()
                : super.triggersFired(others).iterator();
        List<TriggerFiredResult> results = new ArrayList<>(triggers.size());
        for (OperableTrigger trigger : triggers) {
            if (!isOneShot(trigger)) {
                results.add(fired.next());
            } else if (leaseIsOver()) {
                results.add(new TriggerFiredResult((TriggerFiredBundle) null));
            } else {
                results.add(new TriggerFiredResult(fast().bundle(trigger)));
            }
        }
        return results;
    }

    @Override
    public void releaseAcquiredTrigger(OperableTrigger trigger) {
        if (isOneShot(trigger)) {
            fast().release(List.of(trigger.getFireInstanceId()));
        } else {
            super.releaseAcquiredTrigger(trigger);
        }
    }

    @Override
    void awaitsThread(TriggerFiredBundle bundle) {
        tellsBegins();
        if (!fast().holds(bundle.getTrigger())) {
            super.awaitsThread(bundle);
        }
    }

    @Override
    boolean begins(OperableTrigger trigger) {
        boolean ours = !isOneShot(trigger) || fast().begin(trigger.getFireInstanceId());
        return super.begins(trigger) && ours;
    }

    // ---- completion

    @Override
    public void triggeredJobComplete(
            OperableTrigger trigger, JobDetail job, CompletedExecutionInstruction instruction) {
        if (!isOneShot(trigger)) {
            super.triggeredJobComplete(trigger, job, instruction);
            return;
        }
        Object outcome = outcomes.remove(trigger.getFireInstanceId());
        if (fast().holds(trigger)) {
            completeOnce(trigger.getFireInstanceId(), outcome, instruction);
        }
        // Otherwise the run was given back, or ended without its thread: there is nothing to end.
    }

    private void completeOnce(String entryId, @Nullable Object outcome, CompletedExecutionInstruction instruction) {
        if (instruction == CompletedExecutionInstruction.SET_ALL_JOB_TRIGGERS_ERROR) {
            // Quartz says so when it could not start the run, for example because its threads are stopping.
            fast().release(List.of(entryId));
            return;
        }
        fast().letGo(entryId).ifPresent(run -> {
            if (completer == null) {
                throw new IllegalStateException("run " + entryId + " ended before the scheduler was started");
            }
            completer.add(run, outcome);
        });
    }

    // ---- what peers take over

    @Override
    void recoverOneShots(Connection connection, String instance) throws SQLException {
        new DueAgain(rows(), hook).recover(connection, instance);
    }

    @Override
    void onLeaseLost() {
        super.onLeaseLost();
        if (hook != null) {
            hook.onLeaseLost();
        }
    }
}
