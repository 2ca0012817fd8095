package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
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
import org.quartz.Trigger.CompletedExecutionInstruction;
import org.quartz.TriggerKey;
import org.quartz.impl.jdbcjobstore.DriverDelegate;
import org.quartz.impl.jdbcjobstore.FiredTriggerRecord;
import org.quartz.impl.jdbcjobstore.InvalidConfigurationException;
import org.quartz.impl.jdbcjobstore.NoSuchDelegateException;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;
import org.quartz.impl.jdbcjobstore.StdJDBCDelegate;
import org.quartz.spi.ClassLoadHelper;
import org.quartz.spi.OperableTrigger;
import org.quartz.spi.SchedulerSignaler;
import org.quartz.spi.TriggerFiredBundle;
import org.quartz.spi.TriggerFiredResult;

/**
 * Quartz's own triggers, still claimed, fired and ended under its lock on the cluster, but fenced: a run belongs to the
 * instance whose fired row it has, so a claim, a start, a release or a completion of a run that a peer took over changes
 * nothing ({@link FiredRows}). Among due triggers priority decides ({@link PostgresDelegate}), one that cannot be read or
 * started here stops no other ({@link StockClaims}), and a serial job runs once at a time ({@link SerialJobs}).
 *
 * <p>Thread-safe once initialised, and may be initialised again after a shutdown.
 */
@SuppressWarnings("unchecked") // as for ClusteredJobStore
abstract class FencedJobStore extends ClusteredJobStore {
    /** Completions wait for each other in the database anyway; here they do not hold a connection each. */
    private static final int COMPLETIONS_AT_ONCE = 4;

    private static final int READ_TRIES = 3;

    private static final Set<String> QUARTZ_DELEGATES =
            Set.of(StdJDBCDelegate.class.getName(), PostgreSQLDelegate.class.getName());

    private final Semaphore completions = new Semaphore(COMPLETIONS_AT_ONCE, true);
    // Runs that wait for a thread, by entry id.
    private final Map<String, TriggerFiredBundle> unbegun = new ConcurrentHashMap<>();
    private @Nullable Set<String> jobNames;
    private Skipped skipped = new Skipped();
    private volatile @Nullable Thread misfireThread;
    private volatile boolean beginsAreTold;

    FencedJobStore() {
        // Outside the lock two nodes can claim the same trigger one after the other and both fire it (Quartz #107).
        setAcquireTriggersWithinLock(true);
        delegateClassName = PostgresDelegate.class.getName();
    }

    /** The jobs, by name, whose triggers this node claims; all of them unless it is set. */
    public void setJobNames(Set<String> jobNames) {
        this.jobNames = Set.copyOf(jobNames);
    }

    /**
     * Quartz's documentation has everybody name its delegate for PostgreSQL, which knows nothing of one-shots and stands
     * for this store's own. A delegate of the user's must extend that one.
     */
    @Override
    public void setDriverDelegateClass(String name) throws InvalidConfigurationException {
        super.setDriverDelegateClass(QUARTZ_DELEGATES.contains(name) ? PostgresDelegate.class.getName() : name);
    }

    @Nullable
    Set<String> jobNames() {
        return jobNames;
    }

    /** What this node leaves alone for now. */
    Skipped skipped() {
        return skipped;
    }

    @Override
    public void initialize(ClassLoadHelper loadHelper, SchedulerSignaler signaler) throws SchedulerConfigException {
        skipped = new Skipped();
        unbegun.clear();
        super.initialize(loadHelper, signaler);
    }

    @Override
    void leave(Connection connection) throws SQLException, JobPersistenceException {
        firedRows().releaseClaims(connection, getInstanceId());
        for (TriggerFiredBundle run : unbegun.values()) {
            triggeredJobComplete(
                    connection,
                    run.getTrigger(),
                    run.getJobDetail(),
                    CompletedExecutionInstruction.SET_ALL_JOB_TRIGGERS_ERROR);
        }
        super.leave(connection);
    }

    @Override
    protected DriverDelegate getDelegate() throws NoSuchDelegateException {
        DriverDelegate delegate = super.getDelegate();
        if (!(delegate instanceof PostgresDelegate ours)) {
            throw new NoSuchDelegateException(
                    delegate.getClass().getName() + " does not extend " + PostgresDelegate.class.getName());
        }
        ours.claim(clock(), jobNames, skipped);
        return ours;
    }

    private StockClaims stockClaims() throws NoSuchDelegateException {
        return new StockClaims(
                getDelegate(), getClassLoadHelper(), isClustered(), skipped, this::getFiredTriggerRecordId);
    }

    private SerialJobs serialJobs() {
        return new SerialJobs(tables());
    }

    private FiredRows firedRows() {
        return new FiredRows(tables());
    }

    // ---- claim and start

    /**
     * Claims triggers as Quartz does.
     *
     * @param until when they are due, by the database's clock
     */
    List<OperableTrigger> claimByQuartz(long until, int slots, long timeWindow) throws JobPersistenceException {
        long lag = clock().localLag();
        List<OperableTrigger> claimed = super.acquireNextTriggers(until, slots, timeWindow);
        claimed.forEach(trigger -> expressInLocalTime(trigger, lag));
        return claimed;
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
    protected List<OperableTrigger> acquireNextTrigger(
            Connection connection, long noLaterThan, int maxCount, long timeWindow) throws JobPersistenceException {
        StockClaims.Wanted wanted =
                new StockClaims.Wanted(clock().millis(), noLaterThan, getMisfireTime(), timeWindow, maxCount);
        return sql("claim triggers", () -> stockClaims().claim(connection, wanted));
    }

    @Override
    public List<TriggerFiredResult> triggersFired(List<OperableTrigger> triggers) throws JobPersistenceException {
        return executeInNonManagedTXLock(
                LOCK_TRIGGER_ACCESS, connection -> fire(connection, triggers), this::isExecuting);
    }

    private List<TriggerFiredResult> fire(Connection connection, List<OperableTrigger> triggers)
            throws JobPersistenceException {
        if (leaseIsOver()) {
            // The claims may be gone in a moment, and what starts now would run here and there.
            return triggers.stream()
                    .map(trigger -> new TriggerFiredResult((TriggerFiredBundle) null))
                    .toList();
        }
        List<String> entryIds =
                triggers.stream().map(OperableTrigger::getFireInstanceId).toList();
        Map<String, Long> mine =
                sql("check claims", () -> firedRows().stillClaimed(connection, getInstanceId(), entryIds));
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

    // ---- between start and completion

    /**
     * Whether {@link RunShells} make the runs. With Quartz's own shells the store hears nothing between a run's start and
     * its end, so it must not take one that lasts for one that waits.
     */
    final boolean beginsAreTold() {
        return beginsAreTold;
    }

    /** Said of every run: only the first has to be noted. */
    final void tellsBegins() {
        if (!beginsAreTold) {
            beginsAreTold = true;
        }
    }

    /** A run waits for a thread from now on; if none takes it before the shutdown, its trigger is due again. */
    void awaitsThread(TriggerFiredBundle bundle) {
        unbegun.put(bundle.getTrigger().getFireInstanceId(), bundle);
    }

    /** A thread is about to begin with a run; false if it must not, as a peer may have the run by now. */
    boolean begins(OperableTrigger trigger) {
        unbegun.remove(trigger.getFireInstanceId());
        return !leaseIsOver();
    }

    /** A job this node cannot start: its triggers are left to the other nodes for a while. */
    void leaveToOthers(JobKey job) {
        if (skipped.add(job)) {
            getLog().warn("{} leaves job {} to other nodes for {}", getInstanceId(), job, Skipped.PAUSE);
        }
    }

    // ---- completion

    @Override
    public void triggeredJobComplete(
            OperableTrigger trigger, JobDetail job, CompletedExecutionInstruction instruction) {
        // Unbounded on purpose: a worker whose run is not yet written has nothing better to do.
        completions.acquireUninterruptibly();
        try {
            super.triggeredJobComplete(trigger, job, instruction);
        } finally {
            completions.release();
        }
    }

    @Override
    protected void triggeredJobComplete(
            Connection connection, OperableTrigger trigger, JobDetail job, CompletedExecutionInstruction instruction)
            throws JobPersistenceException {
        String entryId = trigger.getFireInstanceId();
        if (entryId != null
                && !sql("end a run", () -> firedRows().delete(connection, getInstanceId(), entryId, STATE_EXECUTING))) {
            getLog().warn(
                            "the end of run {} changes nothing: it was written before, or a peer took the run over",
                            entryId);
            return;
        }
        if (entryId != null && instruction == CompletedExecutionInstruction.SET_ALL_JOB_TRIGGERS_ERROR) {
            // Quartz says so when it could not start the run: its threads are stopping, or the job cannot be made here.
            boolean made = unbegun.containsKey(entryId);
            if (made || isClustered()) {
                if (!made && !beginsAreTold) {
                    leaveToOthers(job.getKey());
                }
                handBack(connection, trigger, job);
                return;
            }
        }
        super.triggeredJobComplete(connection, trigger, job, instruction);
        if (job.isConcurrentExecutionDisallowed()) {
            catchUp(connection, job.getKey());
        }
    }

    private void handBack(Connection connection, OperableTrigger trigger, JobDetail job)
            throws JobPersistenceException {
        sqlDo("hand a run back", () -> {
            new Unfired(tables()).undo(connection, trigger);
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

    // ---- reading triggers

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

    @Override
    protected RecoverMisfiredJobsResult doRecoverMisfires() throws JobPersistenceException {
        misfireThread = Thread.currentThread();
        return super.doRecoverMisfires();
    }
}
