package dev.carnelian.jobstore;

import static dev.carnelian.jobstore.StoreCluster.job;
import static dev.carnelian.jobstore.StoreCluster.once;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.database.TestDatabase;
import dev.carnelian.jobstore.RunLog.PlainJob;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobKey;
import org.quartz.JobPersistenceException;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.SimpleTrigger;
import org.quartz.Trigger;
import org.quartz.Trigger.TriggerState;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.DirectSchedulerFactory;
import org.quartz.impl.SchedulerRepository;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.impl.jdbcjobstore.InvalidConfigurationException;
import org.quartz.impl.jdbcjobstore.MSSQLDelegate;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;
import org.quartz.listeners.TriggerListenerSupport;
import org.quartz.simpl.SimpleThreadPool;
import org.quartz.utils.ConnectionProvider;
import org.quartz.utils.DBConnectionManager;

/** The store in schedulers that Quartz's own factories make: its thread pool, its run shells, with and without a cluster. */
class OrdinaryQuartzTest {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final TestDatabase database = TestDatabase.empty();
    private final String name = "ordinary" + NUMBER.incrementAndGet();
    private final RunLog runs = new RunLog();
    private final JobDetail job = job(PlainJob.class, "job");
    private final List<Scheduler> schedulers = new ArrayList<>();
    private final AtomicBoolean interrupted = new AtomicBoolean();

    OrdinaryQuartzTest() {
        DBConnectionManager.getInstance().addConnectionProvider(name, provider());
    }

    private ConnectionProvider provider() {
        return new ConnectionProvider() {
            @Override
            public Connection getConnection() throws SQLException {
                if (Thread.currentThread().getName().equals("releasing") && interrupted.compareAndSet(false, true)) {
                    // What a pool says to a thread that is interrupted while it waits.
                    throw new SQLException("no connection", new InterruptedException());
                }
                return database.dataSource().getConnection();
            }

            @Override
            public void initialize() {}

            @Override
            public void shutdown() {}
        };
    }

    @AfterEach
    void close() throws SchedulerException {
        for (Scheduler scheduler : schedulers) {
            scheduler.shutdown(true);
        }
    }

    private PostgresJobStore store(boolean clustered) {
        PostgresJobStore store = new PostgresJobStore();
        store.setDataSource(name);
        store.setIsClustered(clustered);
        store.setDbRetryInterval(10_000);
        return store;
    }

    private Scheduler scheduler(PostgresJobStore store) throws SchedulerException {
        DirectSchedulerFactory.getInstance().createScheduler(name, "node", new SimpleThreadPool(2, 5), store);
        Scheduler scheduler = SchedulerRepository.getInstance().lookup(name);
        scheduler.setJobFactory((bundle, owner) -> context -> runs.run("node", context));
        schedulers.add(scheduler);
        return scheduler;
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            boolean unused = statement.execute(sql);
        }
    }

    private int count(String from) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM " + from)) {
            row.next();
            return row.getInt(1);
        }
    }

    private static void schedule(Scheduler scheduler, Trigger trigger) throws SchedulerException {
        var unused = scheduler.scheduleJob(trigger);
    }

    // ---- properties and tables

    public static final class CountingJob implements Job {
        static final AtomicInteger RUNS = new AtomicInteger();

        @Override
        public void execute(JobExecutionContext context) {
            RUNS.incrementAndGet();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void propertiesAloneMakeASchedulerThatRuns(boolean quartzsTables) throws Exception {
        if (quartzsTables) {
            try (InputStream script = PostgreSQLDelegate.class.getResourceAsStream("tables_postgres.sql")) {
                sql(new String(script.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        Properties properties = new Properties();
        properties.setProperty("org.quartz.scheduler.instanceName", name);
        properties.setProperty("org.quartz.scheduler.instanceId", "AUTO");
        properties.setProperty("org.quartz.threadPool.class", SimpleThreadPool.class.getName());
        properties.setProperty("org.quartz.threadPool.threadCount", "2");
        properties.setProperty("org.quartz.jobStore.class", PostgresJobStore.class.getName());
        properties.setProperty("org.quartz.jobStore.driverDelegateClass", PostgreSQLDelegate.class.getName());
        properties.setProperty("org.quartz.jobStore.dataSource", name);
        properties.setProperty("org.quartz.jobStore.isClustered", "true");
        Scheduler scheduler = new StdSchedulerFactory(properties).getScheduler();
        schedulers.add(scheduler);
        int before = CountingJob.RUNS.get();

        scheduler.start();
        var unused = scheduler.scheduleJob(
                JobBuilder.newJob(CountingJob.class).build(),
                TriggerBuilder.newTrigger().startNow().build());

        StoreCluster.await("a run", () -> CountingJob.RUNS.get() == before + 1);
        StoreCluster.await("its end", () -> count("qrtz_triggers") + count("qrtz_fired_triggers") == 0);
    }

    @Test
    void tablesAreMadeInTheSchemaOfThePrefix() throws Exception {
        sql("CREATE SCHEMA own");
        PostgresJobStore store = store(false);
        store.setTablePrefix("own.JOBS_");
        Scheduler scheduler = scheduler(store);

        scheduler.addJob(job, true);
        schedule(scheduler, once("t", job));
        scheduler.start();
        runs.await(1);

        assertThat(count("own.jobs_job_details")).isEqualTo(1);
        assertThat(count("pg_tables WHERE tablename LIKE 'qrtz%'")).isZero();
    }

    @Test
    void aDelegateThatKnowsNoOneShotsIsRefused() throws Exception {
        PostgresJobStore store = store(false);
        store.setDriverDelegateClass(MSSQLDelegate.class.getName());
        Scheduler scheduler = scheduler(store);

        assertThatThrownBy(() -> scheduler.addJob(job, true))
                .isInstanceOf(JobPersistenceException.class)
                .hasMessageContaining(PostgresDelegate.class.getName());
    }

    @Test
    void quartzsDelegatesStandForOurs() throws InvalidConfigurationException {
        PostgresJobStore store = store(false);
        store.setDriverDelegateClass(PostgreSQLDelegate.class.getName());

        assertThat(store.getDriverDelegateClass()).isEqualTo(PostgresDelegate.class.getName());
    }

    // ---- jobs that cannot be run

    @Test
    void withoutAClusterATriggerWhoseJobHasNoClassGoesIntoError() throws Exception {
        Scheduler scheduler = scheduler(store(false));
        scheduler.addJob(job, true);
        JobDetail unknown = job(PlainJob.class, "unknown");
        scheduler.addJob(unknown, true);
        schedule(scheduler, once("bad", unknown, 0, 9));
        schedule(scheduler, once("good", job));
        sql("UPDATE qrtz_job_details SET job_class_name = 'com.example.Nowhere' WHERE job_name = 'unknown'");

        scheduler.start();
        runs.await(1);

        assertThat(runs.triggers()).containsExactly("good");
        assertThat(scheduler.getTriggerState(TriggerKey.triggerKey("bad"))).isEqualTo(TriggerState.ERROR);
    }

    @Test
    void withoutAClusterATriggerWhoseJobCannotBeMadeGoesIntoError() throws Exception {
        Scheduler scheduler = scheduler(store(false));
        scheduler.setJobFactory((bundle, owner) -> {
            throw new SchedulerException("no such plug-in");
        });
        scheduler.addJob(job, true);
        schedule(scheduler, once("t", job));

        scheduler.start();

        StoreCluster.await(
                "the error", () -> scheduler.getTriggerState(TriggerKey.triggerKey("t")) == TriggerState.ERROR);
        assertThat(count("qrtz_fired_triggers")).isZero();
    }

    @Test
    void inAClusterAJobThatCannotBeMadeIsLeftToOthersAndNotTriedAgainAndAgain() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        Scheduler scheduler = scheduler(store(true));
        scheduler.setJobFactory((bundle, owner) -> {
            tries.incrementAndGet();
            throw new SchedulerException("no such plug-in here");
        });
        scheduler.addJob(job, true);
        schedule(scheduler, once("t", job));

        scheduler.start();
        StoreCluster.await("a try", () -> tries.get() > 0);
        Thread.sleep(1_000);

        assertThat(tries).hasValue(1);
        assertThat(scheduler.getTriggerState(TriggerKey.triggerKey("t"))).isEqualTo(TriggerState.NORMAL);
    }

    // ---- one-shots

    private void storeOneShots(PostgresJobStore store, String... triggers) throws SQLException {
        List<OneShot> shots = new ArrayList<>();
        for (String trigger : triggers) {
            shots.add(new OneShot(new TriggerKey(trigger, "lane"), job.getKey(), null, 5, Map.of()));
        }
        try (Connection connection = database.dataSource().getConnection()) {
            store.storeOneShots(connection, shots);
        }
        store.wake();
    }

    @Test
    void aOneShotThatLastsIsNotTakenForOneThatWaits() throws Exception {
        PostgresJobStore store = store(false);
        Scheduler scheduler = scheduler(store);
        scheduler.addJob(job, true);
        scheduler.start();
        runs.does(context -> Thread.sleep(2_500));

        storeOneShots(store, "t");
        runs.await(1);

        StoreCluster.await("its end", () -> count("qrtz_fired_triggers") == 0);
        assertThat(count("qrtz_triggers")).isZero();
        assertThat(runs.triggers()).containsExactly("t");
    }

    @Test
    void withoutAClusterTheOneShotsOfADeadProcessRunAgainIfTheyMay() throws Exception {
        PostgresJobStore store = store(false);
        Scheduler scheduler = scheduler(store);
        JobDetail again = JobBuilder.newJob(PlainJob.class)
                .withIdentity(new JobKey("again"))
                .storeDurably()
                .requestRecovery()
                .build();
        scheduler.addJob(again, true);
        scheduler.addJob(job, true);
        sql("""
                INSERT INTO qrtz_fired_triggers (sched_name, entry_id, trigger_name, trigger_group, instance_name,
                    fired_time, sched_time, priority, state, job_name, job_group, is_nonconcurrent, requests_recovery, once)
                SELECT '%s', 'dead' || job, 'of ' || job, 'lane', 'dead', 1, 1, 5, 'EXECUTING', job, 'DEFAULT', false,
                    job = 'again', true
                FROM unnest(ARRAY['again', 'job']) AS job""".formatted(name));

        scheduler.start();
        runs.await(1);

        StoreCluster.await("its end", () -> count("qrtz_triggers") + count("qrtz_fired_triggers") == 0);
        assertThat(runs.triggers()).containsExactly("of again");
    }

    // ---- start and shutdown

    @Test
    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    void withoutAClusterTheStartHandlesAllMisfires() throws Exception {
        PostgresJobStore store = store(false);
        store.setMaxMisfiresToHandleAtATime(1);
        store.setMisfireThreshold(1_000);
        Scheduler scheduler = scheduler(store);
        List<String> misfired = new CopyOnWriteArrayList<>();
        scheduler.getListenerManager().addTriggerListener(new TriggerListenerSupport() {
            @Override
            public String getName() {
                return "misfires";
            }

            @Override
            public void triggerMisfired(Trigger trigger) {
                misfired.add(Thread.currentThread().getName());
            }
        });
        scheduler.addJob(job, true);
        for (int i = 0; i < 3; i++) {
            SimpleTrigger late = (SimpleTrigger) TriggerBuilder.newTrigger()
                    .withIdentity("late" + i)
                    .forJob(job)
                    .startAt(new Date(System.currentTimeMillis() - 60_000))
                    .build();
            schedule(scheduler, late);
        }

        scheduler.start();

        assertThat(misfired).hasSize(3).containsOnly(Thread.currentThread().getName());
    }

    @Test
    void aReleaseThatIsInterruptedIsTriedAgainAtOnce() throws Exception {
        PostgresJobStore store = store(false);
        Scheduler scheduler = scheduler(store);
        scheduler.addJob(job, true);
        schedule(scheduler, once("t", job));
        var claimed = store.acquireNextTriggers(System.currentTimeMillis() + 1_000, 1, 0);
        CountDownLatch released = new CountDownLatch(1);

        Thread releasing = new Thread(
                () -> {
                    store.releaseAcquiredTrigger(claimed.get(0));
                    released.countDown();
                },
                "releasing");
        releasing.start();

        assertThat(released.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(interrupted).isTrue();
        assertThat(count("qrtz_triggers WHERE trigger_state = 'WAITING'")).isEqualTo(1);
    }

    @Test
    void twoClocksThatAreAsOneAreTakenForOne() throws Exception {
        DatabaseClock clock = new DatabaseClock();
        try (Connection connection = database.dataSource().getConnection()) {
            for (int i = 0; i < 50; i++) {
                long unused = clock.read(connection);
                assertThat(clock.localLag()).isZero();
            }
        }
    }
}
