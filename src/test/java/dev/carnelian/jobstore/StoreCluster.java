package dev.carnelian.jobstore;

import dev.carnelian.database.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.SimpleTrigger;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;

/** A cluster of its own in a database that other tests share: its name is new. */
final class StoreCluster implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final DataSource DATABASE = pool();

    private final String name = "cluster" + NUMBER.incrementAndGet();
    private final List<StoreNode> nodes = new ArrayList<>();
    private final RunLog runs = new RunLog();

    private static DataSource pool() {
        org.apache.tomcat.jdbc.pool.DataSource pool = new org.apache.tomcat.jdbc.pool.DataSource();
        pool.setDataSource(TestDatabase.migrated().dataSource());
        pool.setMaxActive(40);
        pool.setRollbackOnReturn(true);
        pool.setDefaultAutoCommit(true);
        pool.setJdbcInterceptors("ConnectionState");
        return pool;
    }

    /** A node that is not started. */
    StoreNode node(String instance) throws SchedulerException {
        return node(instance, 4, store -> {});
    }

    StoreNode node(String instance, int threads, Consumer<StoreNode.Store> settings) throws SchedulerException {
        StoreNode.Store store = new StoreNode.Store();
        settings.accept(store);
        return node(instance, threads, Duration.ofSeconds(1), store);
    }

    /** A node that looks for triggers only when it is woken. */
    StoreNode sleeper(String instance) throws SchedulerException {
        return node(instance, 4, Duration.ofMinutes(1), new StoreNode.Store());
    }

    private StoreNode node(String instance, int threads, Duration idleWait, StoreNode.Store store)
            throws SchedulerException {
        StoreNode node = new StoreNode(name, instance, threads, idleWait, new FaultySource(DATABASE), store);
        node.scheduler().setJobFactory((bundle, scheduler) -> context -> runs.run(instance, context));
        nodes.add(node);
        return node;
    }

    RunLog runs() {
        return runs;
    }

    static JobDetail job(Class<? extends Job> type, String name) {
        return JobBuilder.newJob(type).withIdentity(name).storeDurably().build();
    }

    static JobDetail store(StoreNode node, JobDetail job) throws SchedulerException {
        node.scheduler().addJob(job, true);
        return job;
    }

    /** A one-shot that is due at once. */
    static SimpleTrigger once(String name, JobDetail job) {
        return once(name, job, 0, 5);
    }

    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    static SimpleTrigger once(String name, JobDetail job, long inMillis, int priority) {
        return (SimpleTrigger) TriggerBuilder.newTrigger()
                .withIdentity(name)
                .forJob(job)
                .withPriority(priority)
                .startAt(new Date(System.currentTimeMillis() + inMillis))
                .build();
    }

    /** A trigger that is due at once and then without end. */
    static SimpleTrigger repeating(String name, JobDetail job, long everyMillis) {
        return TriggerBuilder.newTrigger()
                .withIdentity(name)
                .forJob(job)
                .withSchedule(SimpleScheduleBuilder.simpleSchedule()
                        .withIntervalInMilliseconds(everyMillis)
                        .repeatForever())
                .build();
    }

    static void schedule(StoreNode node, Trigger trigger) throws SchedulerException {
        var unused = node.scheduler().scheduleJob(trigger);
    }

    /** The trigger's state in its row, "gone" without one. */
    String state(String trigger) throws SQLException {
        List<String> rows =
                strings("SELECT trigger_state FROM qrtz_triggers WHERE sched_name = ? AND trigger_name = ?", trigger);
        return rows.isEmpty() ? "gone" : rows.get(0);
    }

    /** The first column of what a query finds; its first parameter is the cluster's name. */
    List<String> strings(String sql, Object... more) throws SQLException {
        try (Connection connection = DATABASE.getConnection();
                PreparedStatement statement = prepare(connection, sql, more);
                ResultSet row = statement.executeQuery()) {
            List<String> strings = new ArrayList<>();
            while (row.next()) {
                strings.add(row.getString(1));
            }
            return strings;
        }
    }

    int change(String sql, Object... more) throws SQLException {
        try (Connection connection = DATABASE.getConnection();
                PreparedStatement statement = prepare(connection, sql, more)) {
            return statement.executeUpdate();
        }
    }

    int count(String table) throws SQLException {
        return Integer.parseInt(strings("SELECT count(*) FROM " + table + " WHERE sched_name = ?")
                .get(0));
    }

    private PreparedStatement prepare(Connection connection, String sql, Object... more) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setString(1, name);
        for (int i = 0; i < more.length; i++) {
            statement.setObject(i + 2, more[i]);
        }
        return statement;
    }

    static Connection connection() throws SQLException {
        return DATABASE.getConnection();
    }

    static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(15))
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    /** Nothing is left of any run. */
    void awaitQuiet() {
        await("no trigger and no fired row", () -> count("qrtz_triggers") == 0 && count("qrtz_fired_triggers") == 0);
    }

    static TriggerKey key(String trigger) {
        return TriggerKey.triggerKey(trigger);
    }

    static JobKey jobKey(String job) {
        return JobKey.jobKey(job);
    }

    static Trigger.TriggerState stateOf(Scheduler scheduler, String trigger) throws SchedulerException {
        return scheduler.getTriggerState(key(trigger));
    }

    @Override
    public void close() {
        nodes.parallelStream().forEach(StoreNode::close);
    }
}
