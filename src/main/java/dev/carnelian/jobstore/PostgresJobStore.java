package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.JobPersistenceException;
import org.quartz.SchedulerConfigException;
import org.quartz.SchedulerException;
import org.quartz.Trigger.CompletedExecutionInstruction;
import org.quartz.TriggerKey;
import org.quartz.impl.jdbcjobstore.DriverDelegate;
import org.quartz.impl.jdbcjobstore.FiredTriggerRecord;
import org.quartz.impl.jdbcjobstore.JobStoreTX;
import org.quartz.impl.jdbcjobstore.NoSuchDelegateException;
import org.quartz.impl.jdbcjobstore.SchedulerStateRecord;
import org.quartz.spi.ClassLoadHelper;
import org.quartz.spi.OperableTrigger;
import org.quartz.spi.SchedulerSignaler;
import org.quartz.spi.TriggerFiredBundle;
import org.quartz.spi.TriggerFiredResult;

/**
 * Quartz's clustered JDBC job store on PostgreSQL, made safe against nodes that stop answering and come back.
 *
 * <p>What it adds: runs are fenced by their fired row, so a claim, a start, a release or a completion of a run that a
 * peer took over changes nothing; leases go by the database's clock; among due triggers priority decides; and plain
 * one-shots have a fast path of their own ({@link FastPath}): stored in the caller's transaction, claimed and fired in one
 * statement, ended in batches, all of it without a lock on the cluster, with an application's own changes in the same
 * transactions ({@link StoreHook}). Everything else is Quartz's.
 *
 * <p>Thread-safe once initialised, and may be initialised again after a shutdown.
 */
// JobStoreTX overrides executeInLock with a raw signature (Quartz 2.5.2), which every subclass is warned about.
@SuppressWarnings("unchecked")
public class PostgresJobStore extends JobStoreTX {
    private static final long FRUITLESS_NANOS = 1_000_000_000;

    /** What Quartz adds to the check-in interval before it holds a peer to be dead. */
    private static final long QUARTZ_GRACE_MILLIS = 7_500;

    /** Completions wait for each other in the database anyway; here they do not hold a connection each. */
    private static final int COMPLETIONS_AT_ONCE = 4;

    private static final int READ_TRIES = 3;

    private final Map<String, Object> outcomes = new ConcurrentHashMap<>();
    private final Semaphore completions = new Semaphore(COMPLETIONS_AT_ONCE, true);
    private @Nullable StoreHook hook;
    private @Nullable Set<String> jobNames;
    private @Nullable Duration leaseLength;

    private @Nullable FastPath fast;
    private @Nullable Completer completer;
    private @Nullable Outlook outlook;
    private DatabaseClock clock = new DatabaseClock();
    private Lease lease = new Lease(Duration.ofMillis(QUARTZ_GRACE_MILLIS));
    private volatile @Nullable LeaseWatch leaseWatch;
    private Skipped skipped = new Skipped();
    private final Map<String, TriggerFiredBundle> unbegun = new ConcurrentHashMap<>();
    private Duration sweepInterval = Duration.ofMinutes(1);
    private @Nullable Sweep sweep;
    private volatile @Nullable Thread misfireThread;
    private long turn;
    private long fruitlessAt = System.nanoTime() - FRUITLESS_NANOS;
    private volatile boolean recoveredByPeer;
    private volatile boolean stopping;
    private volatile boolean closed;
    private volatile boolean schemaComplete;

    public PostgresJobStore() {
        // Outside the lock two nodes can claim the same trigger one after the other and both fire it (Quartz #107).
        setAcquireTriggersWithinLock(true);
        delegateClassName = PostgresDelegate.class.getName();
    }

    /** What to call in the store's transactions. Set it before the store is initialised. */
    public void setHook(StoreHook hook) {
        this.hook = hook;
    }

    /** The jobs, by name, whose triggers this node claims; all of them unless it is set. */
    public void setJobNames(Set<String> jobNames) {
        this.jobNames = Set.copyOf(jobNames);
    }

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

    @Override
    public void initialize(ClassLoadHelper loadHelper, SchedulerSignaler signaler) throws SchedulerConfigException {
        clock = new DatabaseClock();
        lease = new Lease(
                leaseLength == null
                        ? Duration.ofMillis(getClusterCheckinInterval() + QUARTZ_GRACE_MILLIS)
                        : leaseLength);
        outcomes.clear();
        skipped = new Skipped();
        unbegun.clear();
        sweep = new Sweep(getInstanceName(), getTablePrefix(), sweepInterval);
        firstCheckIn = true;
        recoveredByPeer = false;
        stopping = false;
        closed = false;
        schemaComplete = false;
        super.initialize(loadHelper, signaler);
        OnceRows rows = oneShotRows();
        fast = new FastPath(rows, this::inTransaction, this::retrieveJob, clock, getInstanceId(), hook, jobNames);
        if (outlook != null) {
            outlook.close();
        }
        outlook = new Outlook(rows, this::inTransaction, clock, this::wake);
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

    @Override
    public void schedulerStarted() throws SchedulerException {
        super.schedulerStarted();
        completer = new Completer(
                oneShotRows(), this::inTransaction, getInstanceId(), hook, Duration.ofMillis(getDbRetryInterval()));
        outlook().repeat(fast()::releaseStale);
        if (isClustered()) {
            leaseWatch = LeaseWatch.start(lease, getInstanceId(), this::tellLeaseLost);
        }
    }

    @Override
    public void shutdown() {
        stopping = true;
        if (leaseWatch != null) {
            leaseWatch.close();
            leaseWatch = null;
        }
        if (completer != null) {
            completer.close();
            completer = null;
        }
        outlook().close();
        // What Quartz's thread held when it was halted, and whatever has not ended by now.
        fast().release(fast().leftOver());
        try {
            executeInNonManagedTXLock(LOCK_TRIGGER_ACCESS, this::leave, null);
        } catch (JobPersistenceException | IllegalStateException e) {
            getLog().warn("could not release the claims of {}; peers do it when its lease ends", getInstanceId(), e);
        }
        closed = true;
        super.shutdown();
    }

    /** Nothing is left for the peers to wait for. */
    private boolean leave(Connection connection) throws JobPersistenceException {
        return sql("release the claims of a node that stops", () -> {
            firedRows().releaseClaims(connection, getInstanceId());
            for (TriggerFiredBundle run : unbegun.values()) {
                triggeredJobComplete(
                        connection,
                        run.getTrigger(),
                        run.getJobDetail(),
                        CompletedExecutionInstruction.SET_ALL_JOB_TRIGGERS_ERROR);
            }
            if (getDelegate()
                    .selectInstancesFiredTriggerRecords(connection, getInstanceId())
                    .isEmpty()) {
                getDelegate().deleteSchedulerState(connection, getInstanceId());
            }
            return true;
        });
    }

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
                    "the tables lack the columns for one-shots and they could not be added; apply sql/V001__quartz.sql: "
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
        oneShotRows().insert(connection, shots, clock.isRead() ? clock.millis() : clock.read(connection));
    }

    /** Removes a one-shot in the caller's transaction, unless it has fired. Waits for nobody. */
    public boolean removeUnclaimed(Connection connection, TriggerKey trigger) throws SQLException {
        return oneShotRows().delete(connection, trigger);
    }

    /** Lets this node look for due triggers now. */
    public void wake() {
        signalSchedulingChangeImmediately(0);
    }

    /** Leaves what a run ended with, for {@link StoreHook#onCompleted}; call it before the job's execution returns. */
    public void recordOutcome(String entryId, Object outcome) {
        outcomes.put(entryId, outcome);
    }

    /** Whether this node may believe that its runs are still its own. */
    public boolean holdsLease() {
        return lease.isHeld();
    }

    /** What is left of this node's lease in milliseconds, zero when it is over. */
    public long leaseMillisLeft() {
        return lease.millisLeft();
    }

    /** How far this machine's clock is behind the database's in milliseconds; negative when it is ahead. */
    public long clockLagMillis() {
        return clock.localLag();
    }

    /** A run waits for a thread from now on; if none takes it before the shutdown, its trigger is due again. */
    void awaitsThread(TriggerFiredBundle bundle) {
        if (!fast().holds(bundle.getTrigger())) {
            unbegun.put(bundle.getTrigger().getFireInstanceId(), bundle);
        }
    }

    /** A thread is about to begin with a run; false if it must not, as a peer may have the run by now. */
    boolean begins(OperableTrigger trigger) {
        unbegun.remove(trigger.getFireInstanceId());
        boolean ours = !isOneShot(trigger) || fast().begin(trigger.getFireInstanceId());
        return ours && !leaseIsOver();
    }

    /** Whether the fast path claimed it; triggers of that kind are claimed nowhere else. */
    private static boolean isOneShot(OperableTrigger trigger) {
        return trigger instanceof OnceTrigger && trigger.getFireInstanceId() != null;
    }

    private boolean leaseIsOver() {
        return leaseWatch != null && !lease.isHeld();
    }

    /** A job this node cannot start: its triggers are left to the other nodes for a while. */
    void leaveToOthers(JobKey job) {
        if (skipped.add(job)) {
            getLog().warn("{} leaves job {} to other nodes for {}", getInstanceId(), job, Skipped.PAUSE);
        }
    }

    // ---- claim and start

    @Override
    public List<OperableTrigger> acquireNextTriggers(long noLaterThan, int maxCount, long timeWindow)
            throws JobPersistenceException {
        // Without a lease a claim could outlive us unseen, and a node that peers have written off claims nothing.
        if (stopping || leaseIsOver()) {
            return new ArrayList<>();
        }
        long lag = clock.localLag();
        long nextOther = outlook().nextOther();
        boolean othersWait = nextOther <= noLaterThan + lag;
        boolean othersDue = nextOther <= clock.millis();
        // One path must not starve the other: half of the slots for each, or turn about if there is only one. But for a
        // second after others were due and none could be claimed, as when a class is missing here, none are kept free.
        int slots = Math.max(1, maxCount);
        boolean keepFree = othersDue && System.nanoTime() - fruitlessAt > FRUITLESS_NANOS;
        int forOthers = !keepFree ? 0 : slots == 1 ? (int) (turn++ & 1) : slots / 2;
        List<OperableTrigger> acquired = new ArrayList<>(fast().claim(slots - forOthers));
        outlook().claimed(!othersWait && !acquired.isEmpty());
        if (othersWait && acquired.size() < slots) {
            // Quartz waits for the first trigger of a list and then fires them all.
            long limit = acquired.isEmpty() ? noLaterThan + lag : clock.millis();
            List<OperableTrigger> others =
                    super.acquireNextTriggers(limit, slots - acquired.size(), acquired.isEmpty() ? timeWindow : 0);
            others.forEach(trigger -> expressInLocalTime(trigger, lag));
            acquired.addAll(others);
            if (othersDue && others.isEmpty()) {
                fruitlessAt = System.nanoTime();
            }
        }
        if (acquired.isEmpty() && forOthers == slots) {
            acquired.addAll(fast().claim(slots));
        }
        return acquired;
    }

    @Override
    protected List<OperableTrigger> acquireNextTrigger(
            Connection connection, long noLaterThan, int maxCount, long timeWindow) throws JobPersistenceException {
        return sql(
                "claim triggers",
                () -> stockClaims()
                        .claim(
                                connection,
                                new StockClaims.Wanted(
                                        clock.millis(), noLaterThan, getMisfireTime(), timeWindow, maxCount)));
    }

    /** What the misfire handler cannot read must not be found first again each time. */
    @Override
    protected @Nullable OperableTrigger retrieveTrigger(Connection connection, TriggerKey key)
            throws JobPersistenceException {
        try {
            return super.retrieveTrigger(connection, key);
        } catch (JobPersistenceException e) {
            if (Thread.currentThread().equals(misfireThread) && !(e.getCause() instanceof SQLException)) {
                skipped.add(key);
            }
            throw e;
        }
    }

    /**
     * A trigger is read from two tables and without a lock: between the two another type may have taken its place, which
     * the next try then finds.
     */
    @Override
    public @Nullable OperableTrigger retrieveTrigger(TriggerKey key) throws JobPersistenceException {
        for (int tries = 1; ; tries++) {
            try {
                return super.retrieveTrigger(key);
            } catch (JobPersistenceException e) {
                if (tries == READ_TRIES || e.getCause() instanceof SQLException) {
                    throw e;
                }
            }
        }
    }

    /** Quartz's thread waits for a trigger's time by the local clock. */
    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    private static void expressInLocalTime(OperableTrigger trigger, long lag) {
        trigger.setNextFireTime(new Date(trigger.getNextFireTime().getTime() - lag));
    }

    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    private static OperableTrigger atDatabaseTime(OperableTrigger trigger, long due) {
        trigger.setNextFireTime(new Date(due));
        return trigger;
    }

    @Override
    public List<TriggerFiredResult> triggersFired(List<OperableTrigger> triggers) throws JobPersistenceException {
        List<OperableTrigger> others =
                triggers.stream().filter(trigger -> !isOneShot(trigger)).toList();
        Iterator<TriggerFiredResult> fired = others.isEmpty()
                ? Collections.emptyIterator()
                : executeInNonManagedTXLock(
                                LOCK_TRIGGER_ACCESS, connection -> fire(connection, others), this::isExecuting)
                        .iterator();
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

    private List<TriggerFiredResult> fire(Connection connection, List<OperableTrigger> triggers)
            throws JobPersistenceException {
        if (leaseIsOver()) {
            // The claims may be gone in a moment, and what starts now would run here and there.
            return triggers.stream()
                    .map(trigger -> new TriggerFiredResult((TriggerFiredBundle) null))
                    .toList();
        }
        Map<String, Long> mine = sql(
                "check claims",
                () -> firedRows()
                        .stillClaimed(
                                connection,
                                getInstanceId(),
                                triggers.stream()
                                        .map(OperableTrigger::getFireInstanceId)
                                        .toList()));
        List<TriggerFiredResult> results = new ArrayList<>();
        for (OperableTrigger trigger : triggers) {
            Long due = mine.get(trigger.getFireInstanceId());
            results.add(new TriggerFiredResult(
                    due == null ? null : triggerFired(connection, atDatabaseTime(trigger, due))));
        }
        return results;
    }

    @Override
    protected @Nullable TriggerFiredBundle triggerFired(Connection connection, OperableTrigger trigger)
            throws JobPersistenceException {
        boolean blocked = sql("look for a run of the job", () -> serialJobs().holdBack(connection, trigger.getKey()));
        return blocked ? null : super.triggerFired(connection, trigger);
    }

    /** After a commit whose answer was lost: whether it took place. */
    private boolean isExecuting(Connection connection, List<TriggerFiredResult> results)
            throws JobPersistenceException {
        return sql("check started runs", () -> {
            Set<String> executing = new HashSet<>();
            for (FiredTriggerRecord row :
                    getDelegate().selectInstancesFiredTriggerRecords(connection, getInstanceId())) {
                if (STATE_EXECUTING.equals(row.getFireInstanceState())) {
                    executing.add(row.getFireInstanceId());
                }
            }
            return results.stream()
                    .map(TriggerFiredResult::getTriggerFiredBundle)
                    .anyMatch(bundle -> bundle != null
                            && executing.contains(bundle.getTrigger().getFireInstanceId()));
        });
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
    protected void releaseAcquiredTrigger(Connection connection, OperableTrigger trigger)
            throws JobPersistenceException {
        String entryId = trigger.getFireInstanceId();
        if (entryId == null
                || sql(
                        "release a claim",
                        () -> firedRows().delete(connection, getInstanceId(), entryId, STATE_ACQUIRED))) {
            sqlDo("release a claim", () -> serialJobs().release(connection, trigger.getKey()));
        }
    }

    // ---- completion

    @Override
    public void triggeredJobComplete(
            OperableTrigger trigger, JobDetail job, CompletedExecutionInstruction instruction) {
        if (isOneShot(trigger)) {
            // Without it, the run was given back before it began, and there is nothing to end.
            if (fast().holds(trigger)) {
                completeOnce(trigger.getFireInstanceId(), instruction);
            }
            return;
        }
        // Unbounded on purpose: a worker whose run is not yet written has nothing better to do.
        completions.acquireUninterruptibly();
        try {
            super.triggeredJobComplete(trigger, job, instruction);
        } finally {
            completions.release();
        }
    }

    private void completeOnce(String entryId, CompletedExecutionInstruction instruction) {
        Object outcome = outcomes.remove(entryId);
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

    @Override
    protected void triggeredJobComplete(
            Connection connection, OperableTrigger trigger, JobDetail job, CompletedExecutionInstruction instruction)
            throws JobPersistenceException {
        String entryId = trigger.getFireInstanceId();
        if (entryId != null
                && !sql("end a run", () -> firedRows().delete(connection, getInstanceId(), entryId, STATE_EXECUTING))) {
            getLog().warn("run {} was taken over by a peer: its end changes nothing", entryId);
            return;
        }
        if (entryId != null && instruction == CompletedExecutionInstruction.SET_ALL_JOB_TRIGGERS_ERROR) {
            // Quartz says so when it could not start the run, for example because its threads are stopping.
            handBack(connection, trigger, job);
            return;
        }
        super.triggeredJobComplete(connection, trigger, job, instruction);
        if (job.isConcurrentExecutionDisallowed()) {
            catchUp(connection, job.getKey());
        }
    }

    private void handBack(Connection connection, OperableTrigger trigger, JobDetail job)
            throws JobPersistenceException {
        sqlDo("hand a run back", () -> {
            new Unfired(getInstanceName(), getTablePrefix()).undo(connection, trigger);
            if (job.isConcurrentExecutionDisallowed()) {
                serialJobs().unblock(connection, job.getKey());
            }
        });
    }

    /**
     * Triggers that missed their time while their job ran are not claimed, and Quartz's misfire handler comes only once a
     * minute.
     */
    private void catchUp(Connection connection, JobKey job) throws JobPersistenceException {
        List<TriggerKey> overdue = sql(
                "find overdue triggers",
                () -> serialJobs().overdue(connection, job, getMisfireTime(), getMaxMisfiresToHandleAtATime()));
        for (TriggerKey key : overdue) {
            OperableTrigger trigger = sql("read a trigger", () -> stockClaims().read(connection, key))
                    .orElse(null);
            if (trigger != null) {
                updateMisfiredTrigger(connection, key, STATE_WAITING, false);
            }
        }
    }

    // ---- the cluster

    @Override
    protected boolean doCheckin() throws JobPersistenceException {
        long sentAt = System.nanoTime();
        boolean recovered = super.doCheckin();
        if (recoveredByPeer) {
            recoveredByPeer = false;
            if (lease.loseIf(true)) {
                tellLeaseLost();
            }
        }
        lease.renew(sentAt);
        return recovered;
    }

    @Override
    protected List<SchedulerStateRecord> findFailedInstances(Connection connection) throws JobPersistenceException {
        return sql(
                "find failed nodes",
                () -> firedRows().failedInstances(connection, getInstanceId(), firstCheckIn, clock.read(connection)));
    }

    @Override
    protected List<SchedulerStateRecord> clusterCheckIn(Connection connection) throws JobPersistenceException {
        List<SchedulerStateRecord> failed = findFailedInstances(connection);
        lastCheckin = System.currentTimeMillis();
        if (stopping) {
            return List.of();
        }
        return sql("check in", () -> {
            // The column holds the lease rather than the interval: each node says itself how long to wait for it.
            long now = clock.millis();
            if (getDelegate().updateSchedulerState(connection, getInstanceId(), now) == 0) {
                getDelegate()
                        .insertSchedulerState(
                                connection, getInstanceId(), now, lease.length().toMillis());
                recoveredByPeer = !firstCheckIn;
            }
            return failed;
        });
    }

    @Override
    protected void clusterRecover(Connection connection, List<SchedulerStateRecord> suspected)
            throws JobPersistenceException {
        List<SchedulerStateRecord> failed = sql(
                "check failed nodes",
                () -> firedRows()
                        .stillFailed(connection, getInstanceId(), firstCheckIn, suspected, clock.read(connection)));
        for (SchedulerStateRecord instance : failed) {
            sqlDo(
                    "recover the one-shots of a dead node",
                    () -> FastPath.recover(connection, oneShotRows(), instance.getSchedulerInstanceId(), hook));
        }
        super.clusterRecover(connection, failed);
    }

    /** Runs on the misfire handler's thread, once a minute unless it is told otherwise. */
    @Override
    protected RecoverMisfiredJobsResult doRecoverMisfires() throws JobPersistenceException {
        misfireThread = Thread.currentThread();
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
                getLog().warn("try {} failed, the next one follows in {} ms", tries, getDbRetryInterval(), e);
            }
            pause(getDbRetryInterval());
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the database", e);
        }
    }

    @Override
    protected long getMisfireTime() {
        long time = clock.millis();
        return getMisfireThreshold() > 0 ? time - getMisfireThreshold() : time;
    }

    private void tellLeaseLost() {
        getLog().warn(
                        "{} could not renew its lease in time: it stops what it runs, as peers may run it again",
                        getInstanceId());
        if (hook != null) {
            hook.onLeaseLost();
        }
    }

    // ---- small things

    @Override
    protected DriverDelegate getDelegate() throws NoSuchDelegateException {
        DriverDelegate delegate = super.getDelegate();
        if (delegate instanceof PostgresDelegate ours) {
            ours.claim(clock, jobNames, skipped);
        }
        return delegate;
    }

    private StockClaims stockClaims() throws NoSuchDelegateException {
        return new StockClaims(getDelegate(), getClassLoadHelper(), skipped, this::getFiredTriggerRecordId);
    }

    private SerialJobs serialJobs() {
        return new SerialJobs(getInstanceName(), getTablePrefix());
    }

    private FiredRows firedRows() {
        return new FiredRows(getInstanceName(), getTablePrefix());
    }

    private OnceRows oneShotRows() {
        return new OnceRows(getInstanceName(), getTablePrefix());
    }

    /** Without Quartz's lock on the cluster. */
    private <T> T inTransaction(Transactions.Work<T> work) throws JobPersistenceException {
        return executeInNonManagedTXLock(null, connection -> sql("change triggers", () -> work.on(connection)), null);
    }

    private interface SqlQuery<T> {
        T run() throws Exception;
    }

    private interface SqlCommand {
        void run() throws Exception;
    }

    private static void sqlDo(String what, SqlCommand command) throws JobPersistenceException {
        sql(what, () -> {
            command.run();
            return true;
        });
    }

    private static <T> T sql(String what, SqlQuery<T> query) throws JobPersistenceException {
        try {
            return query.run();
        } catch (JobPersistenceException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new JobPersistenceException("could not " + what + ": " + e.getMessage(), e);
        }
    }
}
