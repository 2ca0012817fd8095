package dev.carnelian.bench;

import dev.carnelian.database.Database;
import dev.carnelian.database.Migrations;
import dev.carnelian.jobstore.BatchThreadPool;
import dev.carnelian.jobstore.OneShot;
import dev.carnelian.jobstore.PostgresJobStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.quartz.JobKey;
import org.quartz.TriggerKey;

/** Quartz on PostgreSQL, with our job store or with its own; a job leaves no trace but its row in the log. */
final class QuartzContender implements Contender {
    static final String STORE = "bare store";
    static final String STOCK = "stock Quartz";
    static final String SCHEDULER = "bench";
    static final JobKey JOB = new JobKey("no_op", SCHEDULER);

    private static final int JOBS_A_TRANSACTION = 1_000;

    /** How a flavour gets its tables and its backlog. */
    private interface Tables {
        void create(String url) throws SQLException;

        void load(String url, int first, int count) throws SQLException;
    }

    private final String name;
    private final int warmUp;
    private final Map<String, String> settings;
    private final Tables tables;

    private QuartzContender(String name, int warmUp, Map<String, String> settings, Tables tables) {
        this.name = name;
        this.warmUp = warmUp;
        this.settings = settings;
        this.tables = tables;
    }

    /** {@link PostgresJobStore} and its thread pool alone, without a hook, on our tables. */
    static QuartzContender store() {
        return new QuartzContender(
                STORE,
                400_000,
                Map.of(
                        "org.quartz.jobStore.class",
                        PostgresJobStore.class.getName(),
                        "org.quartz.threadPool.class",
                        BatchThreadPool.class.getName(),
                        "org.quartz.scheduler.batchTriggerAcquisitionMaxCount",
                        "500",
                        "org.quartz.dataSource.bench.options",
                        Database.STORE_PLANS),
                new OurTables());
    }

    /** Quartz as it comes, tuned, on the tables and indexes of its own script. */
    static QuartzContender stock() {
        return new QuartzContender(
                STOCK,
                7_000,
                Map.of(
                        "org.quartz.jobStore.class",
                        "org.quartz.impl.jdbcjobstore.JobStoreTX",
                        "org.quartz.jobStore.driverDelegateClass",
                        "org.quartz.impl.jdbcjobstore.PostgreSQLDelegate",
                        "org.quartz.jobStore.acquireTriggersWithinLock",
                        "true"),
                new StockTables());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int warmUp() {
        return warmUp;
    }

    @Override
    public void createTables(String url) throws SQLException {
        tables.create(url);
    }

    @Override
    public void load(String url, int first, int count) throws SQLException {
        tables.load(url, first, count);
    }

    @Override
    public long unfinished(Connection connection) throws SQLException {
        return Sql.number(
                connection, "SELECT (SELECT count(*) FROM qrtz_triggers) + (SELECT count(*) FROM qrtz_fired_triggers)");
    }

    @Override
    public long finished(Connection connection, long loaded) throws SQLException {
        return loaded - Sql.number(connection, "SELECT count(*) FROM qrtz_triggers");
    }

    @Override
    public Node open(String url, RunLog log) {
        Properties properties = new Properties();
        properties.putAll(Map.of(
                "org.quartz.scheduler.instanceName",
                SCHEDULER,
                "org.quartz.scheduler.instanceId",
                "node-" + ProcessHandle.current().pid(),
                "org.quartz.scheduler.idleWaitTime",
                "1000",
                "org.quartz.scheduler.batchTriggerAcquisitionMaxCount",
                String.valueOf(THREADS),
                "org.quartz.threadPool.class",
                "org.quartz.simpl.SimpleThreadPool",
                "org.quartz.threadPool.threadCount",
                String.valueOf(THREADS),
                "org.quartz.jobStore.isClustered",
                "true",
                "org.quartz.jobStore.useProperties",
                "true",
                "org.quartz.jobStore.dataSource",
                SCHEDULER));
        properties.putAll(Map.of(
                "org.quartz.dataSource.bench.connectionProvider.class",
                QuartzConnections.class.getName(),
                "org.quartz.dataSource.bench.url",
                url));
        properties.putAll(settings);
        return new QuartzNode(properties, log);
    }

    private static final class OurTables implements Tables {
        @Override
        public void create(String url) {
            Migrations.apply(Sql.source(url));
        }

        @Override
        public void load(String url, int first, int count) throws SQLException {
            PostgresJobStore store = new PostgresJobStore();
            store.setInstanceName(SCHEDULER);
            try (Connection connection = Sql.source(url).getConnection()) {
                connection.setAutoCommit(false);
                for (int done = 0; done < count; done += JOBS_A_TRANSACTION) {
                    int from = first + done;
                    int to = Math.min(from + JOBS_A_TRANSACTION, first + count);
                    store.storeOneShots(
                            connection,
                            IntStream.range(from, to)
                                    .mapToObj(QuartzContender::oneShot)
                                    .toList());
                    connection.commit();
                }
            }
        }
    }

    private static OneShot oneShot(int number) {
        return new OneShot(new TriggerKey(String.valueOf(number), SCHEDULER), JOB, null, 0, Map.of());
    }

    private static final class StockTables implements Tables {
        @Override
        public void create(String url) throws SQLException {
            String script = "/org/quartz/impl/jdbcjobstore/tables_postgres.sql";
            try (InputStream sql = org.quartz.Scheduler.class.getResourceAsStream(script)) {
                if (sql == null) {
                    throw new IllegalStateException("Quartz's jar has no " + script);
                }
                Sql.execute(url, new String(sql.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new IllegalStateException("Quartz's script could not be read", e);
            }
        }

        /** A millisecond apart, which Quartz's claim likes; the misfire instruction spares it the misfire handler. */
        @Override
        public void load(String url, int first, int count) throws SQLException {
            String triggers = """
                    INSERT INTO qrtz_triggers (sched_name, trigger_name, trigger_group, job_name, job_group,
                        next_fire_time, prev_fire_time, priority, trigger_state, trigger_type, start_time, end_time,
                        misfire_instr)
                    SELECT 'bench', n::text, 'bench', 'no_op', 'bench', due, -1, 5, 'WAITING', 'SIMPLE', due, 0, -1
                    FROM generate_series(%1$d, %1$d + %2$d - 1) AS n,
                        LATERAL (SELECT (extract(epoch FROM now()) * 1000)::bigint - %2$d + n - %1$d AS due) AS at""".formatted(first, count);
            String simple = """
                    INSERT INTO qrtz_simple_triggers
                        (sched_name, trigger_name, trigger_group, repeat_count, repeat_interval, times_triggered)
                    SELECT 'bench', n::text, 'bench', 0, 0, 0 FROM generate_series(%1$d, %1$d + %2$d - 1) AS n""".formatted(first, count);
            Sql.execute(url, "BEGIN", triggers, simple, "COMMIT");
        }
    }
}
