package dev.carnelian.cluster;

import dev.carnelian.job.JobType;
import dev.carnelian.job.JobTypes;
import dev.carnelian.jobstore.BatchThreadPool;
import dev.carnelian.jobstore.BatchThreadPool.Turn;
import dev.carnelian.jobstore.PostgresJobStore;
import dev.carnelian.jobstore.RunShells;
import dev.carnelian.worker.JobRunner.LeavingBehind;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.JobListener;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.core.QuartzScheduler;
import org.quartz.core.QuartzSchedulerResources;
import org.quartz.impl.DefaultThreadExecutor;
import org.quartz.impl.StdScheduler;
import org.quartz.simpl.CascadingClassLoadHelper;
import org.quartz.spi.JobFactory;
import org.quartz.spi.OperableTrigger;
import org.quartz.utils.ConnectionProvider;
import org.quartz.utils.DBConnectionManager;

/**
 * One Quartz scheduler, assembled by hand. Quartz's factories read properties, and keep a list of schedulers by name in
 * which two nodes of one process collide.
 */
final class QuartzNode {
    /** How long an idle node sleeps when no wake-up reaches it: the shortest that Quartz takes. */
    private static final Duration IDLE_WAIT = Duration.ofSeconds(1);

    private static final Duration RETRY_PAUSE = Duration.ofSeconds(1);
    private static final int LARGEST_CLAIM = 500;

    private final PostgresJobStore store;
    private final QuartzScheduler core;
    private final Scheduler scheduler;

    /**
     * @param instance Quartz's name for this process: new at every start, so that nobody inherits another one's runs
     */
    private QuartzNode(PostgresJobStore store, DataSource source, String instance, ClusterConfiguration configuration)
            throws SchedulerException {
        this.store = store;
        // The manager is one map for the whole process: the instance in the name keeps two nodes' pools apart.
        String sourceName = Names.SCHEDULER + ":" + instance;
        DBConnectionManager.getInstance().addConnectionProvider(sourceName, provider(source));
        store.setDataSource(sourceName);
        store.setInstanceName(Names.SCHEDULER);
        store.setInstanceId(instance);
        store.setIsClustered(true);
        store.setUseProperties("true");
        store.setClusterCheckinInterval(configuration.heartbeat().toMilliseconds());
        store.setLease(configuration.lease().toJavaDuration());
        store.setDbRetryInterval(RETRY_PAUSE.toMillis());
        store.setThreadPoolSize(configuration.workerThreads());

        int threads = Math.max(1, configuration.workerThreads());
        RunShells shells = new RunShells(store);
        QuartzSchedulerResources resources = new QuartzSchedulerResources();
        resources.setName(Names.SCHEDULER);
        resources.setInstanceId(instance);
        resources.setMakeSchedulerThreadDaemon(true);
        resources.setThreadExecutor(new DefaultThreadExecutor());
        resources.setJobRunShellFactory(shells);
        BatchThreadPool pool = new BatchThreadPool(threads);
        pool.initialize();
        resources.setThreadPool(pool);
        resources.setJobStore(store);
        resources.setMaxBatchSize(LARGEST_CLAIM);
        this.core = new QuartzScheduler(resources, IDLE_WAIT.toMillis(), RETRY_PAUSE.toMillis());
        this.scheduler = new StdScheduler(core);
        CascadingClassLoadHelper classes = new CascadingClassLoadHelper();
        classes.initialize();
        store.initialize(classes, core.getSchedulerSignaler());
        shells.initialize(scheduler);
        core.initialize();
    }

    /** Assembles a scheduler that is not started yet. */
    static QuartzNode assemble(
            PostgresJobStore store, DataSource source, String instance, ClusterConfiguration configuration) {
        try {
            return new QuartzNode(store, source, instance, configuration);
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz could not be set up: " + e.getMessage(), e);
        }
    }

    /** Lets jobs of these types be run here and says how. */
    void runWith(JobFactory factory, JobListener listener) {
        try {
            scheduler.setJobFactory(factory);
            scheduler.getListenerManager().addJobListener(listener);
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz could not be set up: " + e.getMessage(), e);
        }
    }

    /**
     * How the run of the calling thread ends if its job does not: it is completed for Quartz and its thread replaced. When
     * the job returns after all, the store no longer knows the run.
     */
    LeavingBehind leavingBehind(JobExecutionContext context) {
        Turn turn = BatchThreadPool.turn();
        return outcome -> {
            outcome.ifPresent(known -> store.recordOutcome(context.getFireInstanceId(), known));
            OperableTrigger trigger = (OperableTrigger) context.getTrigger();
            store.triggeredJobComplete(trigger, context.getJobDetail(), trigger.executionComplete(context, null));
            turn.leaveBehind();
        };
    }

    private static ConnectionProvider provider(DataSource source) {
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

    /** Stores the one durable job of each type, or what has changed of it. */
    void storeJobs(JobTypes types) {
        try {
            for (JobType<?, ?> type : types.list()) {
                scheduler.addJob(
                        JobBuilder.newJob(RunJob.class)
                                .withIdentity(Names.job(type.name()))
                                .storeDurably()
                                .requestRecovery()
                                .build(),
                        true);
            }
        } catch (SchedulerException e) {
            throw new IllegalStateException("the job types could not be stored: " + e.getMessage(), e);
        }
    }

    /** Claims and runs jobs from now on. */
    void start() {
        try {
            core.start();
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz could not be started: " + e.getMessage(), e);
        }
    }

    boolean isRunning() {
        return core.isStarted() && !core.isInStandbyMode() && !core.isShutdown();
    }

    /** Claims nothing more until it is started again; what runs goes on. */
    void standBy() {
        core.standby();
    }

    void wake() {
        store.wake();
    }

    void shutdown() {
        core.shutdown(true);
    }
}
