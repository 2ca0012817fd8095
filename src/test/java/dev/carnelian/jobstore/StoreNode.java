package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.quartz.JobPersistenceException;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.core.QuartzScheduler;
import org.quartz.core.QuartzSchedulerResources;
import org.quartz.impl.DefaultThreadExecutor;
import org.quartz.impl.StdScheduler;
import org.quartz.simpl.CascadingClassLoadHelper;
import org.quartz.spi.OperableTrigger;
import org.quartz.utils.ConnectionProvider;
import org.quartz.utils.DBConnectionManager;

/** One Quartz scheduler over a {@link PostgresJobStore}, assembled by hand as the service does it. */
final class StoreNode implements AutoCloseable {
    static final Duration CHECK_IN = Duration.ofMillis(300);
    static final Duration LEASE = Duration.ofSeconds(1);

    /** A store whose check-in can be held up, as if its thread got no processor. */
    @SuppressWarnings("unchecked") // JobStoreTX overrides executeInLock with a raw signature
    static final class Store extends PostgresJobStore {
        private volatile boolean checkInPaused;

        /** Holds the lock of the whole cluster meanwhile. */
        void underLock(Callable<?> work) throws JobPersistenceException {
            Object unused = executeInNonManagedTXLock(
                    LOCK_TRIGGER_ACCESS,
                    connection -> {
                        try {
                            return work.call();
                        } catch (Exception e) {
                            throw new JobPersistenceException("the test's work failed", e);
                        }
                    },
                    null);
        }

        @Override
        protected boolean doCheckin() throws JobPersistenceException {
            return !checkInPaused && super.doCheckin();
        }
    }

    private final Store store;
    private final FaultySource source;
    private final QuartzScheduler core;
    private final Scheduler scheduler;

    /**
     * @param idleWait for how long Quartz's thread sleeps when it found nothing to claim
     */
    StoreNode(String cluster, String instance, int threads, Duration idleWait, FaultySource source, Store store)
            throws SchedulerException {
        this.store = store;
        this.source = source;
        String sourceName = cluster + ":" + instance;
        DBConnectionManager.getInstance().addConnectionProvider(sourceName, provider(source));
        store.setDataSource(sourceName);
        store.setInstanceName(cluster);
        store.setInstanceId(instance);
        store.setIsClustered(true);
        store.setClusterCheckinInterval(CHECK_IN.toMillis());
        store.setLease(LEASE);
        store.setDbRetryInterval(200);
        store.setThreadPoolSize(threads);

        RunShells shells = new RunShells(store);
        BatchThreadPool pool = new BatchThreadPool(threads);
        pool.initialize();
        QuartzSchedulerResources resources = new QuartzSchedulerResources();
        resources.setName(cluster);
        resources.setInstanceId(instance);
        resources.setMakeSchedulerThreadDaemon(true);
        resources.setThreadExecutor(new DefaultThreadExecutor());
        resources.setJobRunShellFactory(shells);
        resources.setThreadPool(pool);
        resources.setJobStore(store);
        resources.setMaxBatchSize(Math.max(10, threads));
        core = new QuartzScheduler(resources, idleWait.toMillis(), 200);
        scheduler = new StdScheduler(core);
        initialize();
        shells.initialize(scheduler);
        core.initialize();
    }

    /** Initialises the store, once more after a shutdown. */
    void initialize() throws SchedulerException {
        CascadingClassLoadHelper classes = new CascadingClassLoadHelper();
        classes.initialize();
        store.initialize(classes, core.getSchedulerSignaler());
    }

    private static ConnectionProvider provider(FaultySource source) {
        return new ConnectionProvider() {
            @Override
            public Connection getConnection() throws SQLException {
                return source.getConnection();
            }

            @Override
            public void initialize() {}

            @Override
            public void shutdown() {}
        };
    }

    StoreNode start() throws SchedulerException {
        core.start();
        return this;
    }

    Store store() {
        return store;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    FaultySource source() {
        return source;
    }

    void pauseCheckIn() {
        store.checkInPaused = true;
    }

    void resumeCheckIn() {
        store.checkInPaused = false;
    }

    /** Makes the node known to its peers and does nothing more: its lease runs out by itself. */
    void checkInOnce() throws JobPersistenceException {
        boolean unused = store.doCheckin();
    }

    /** Claims what is due, as the scheduler's thread would. */
    List<OperableTrigger> claim(int number) throws JobPersistenceException {
        return store.acquireNextTriggers(System.currentTimeMillis(), number, 0);
    }

    /** Claims what is due and starts it as far as the database knows; nothing is executed. */
    List<OperableTrigger> fire(int number) throws JobPersistenceException {
        List<OperableTrigger> claimed = claim(number);
        var unused = store.triggersFired(claimed);
        return claimed;
    }

    @Override
    public void close() {
        source.mend();
        source.loseCommits(0);
        source.loseAnswers(0);
        core.shutdown(true);
    }
}
