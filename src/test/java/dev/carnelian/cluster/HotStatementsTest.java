package dev.carnelian.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.module.paramnames.ParameterNamesModule;
import dev.carnelian.database.Database;
import dev.carnelian.database.DatabaseConfiguration;
import dev.carnelian.database.ExplainingDataSource;
import dev.carnelian.database.Secret;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.worker.Handlers;
import io.dropwizard.db.ManagedDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.junit.jupiter.api.Test;

/** What the job store asks of PostgreSQL while a million jobs wait: each statement by an index, nothing sorted. */
class HotStatementsTest {
    private static final int BACKLOG = 1_000_000;
    private static final int NEIGHBOURS = 200;
    private static final Set<String> BIG = Set.of("jobs", "qrtz_triggers", "qrtz_fired_triggers");
    /** A claim or a batch of ends may be sorted, the backlog may not. */
    private static final int LARGEST_SORT = 2_000;

    private final TestDatabase test = TestDatabase.migrated();

    @Test
    void noHotStatementScansOrSortsTheBacklog() throws Exception {
        Jdbi jdbi = Jdbi.create(test.dataSource())
                .installPlugin(new SqlObjectPlugin())
                .installPlugin(new PostgresPlugin());
        // Never analysed, as after a rush, but for the table that was empty then.
        jdbi.useHandle(handle -> {
            fill(handle, "acme", BACKLOG);
            handle.execute("VACUUM ANALYZE qrtz_fired_triggers");
        });
        Database database = Database.open(new DatabaseConfiguration(test.jdbcUrl(), "", new Secret(""), "unused", 8));
        ManagedDataSource pool = database.storePool(new MetricRegistry(), 8);
        pool.start();
        ExplainingDataSource explaining = new ExplainingDataSource(pool);
        Cluster cluster = new Cluster(
                TestNode.configuration("explained", 8, "1s"),
                new Cluster.Connections(explaining.proxy(), jdbi, database::session),
                new Cluster.Identity("server", "test"),
                new Handlers(List.of(new ScriptHandler())),
                new ObjectMapper().registerModule(new ParameterNamesModule()));

        cluster.start();
        awaitCompleted(jdbi, "acme", 300);
        cluster.drain();
        assertGood(explaining.plans());

        // Now the statistics know of one lane only, and its jobs come before those of another.
        jdbi.useHandle(handle -> {
            handle.execute("ANALYZE");
            fill(handle, "zeta", NEIGHBOURS);
        });
        cluster.resume();
        awaitCompleted(jdbi, "zeta", NEIGHBOURS / 4);
        cluster.drain();
        assertGood(explaining.plans());

        cluster.stop();
        pool.stop();
    }

    /** Planning costs as much as all the rest of storing one job. */
    @Test
    void jobsThatComeAloneAreStoredByOnePlan() throws Exception {
        try (TestNode node = new TestNode(test, "planning", 0).started();
                Connection connection = test.dataSource().getConnection()) {
            JobQueue queue = new JobQueue(
                    Jdbi.create(connection),
                    node.cluster().triggers(),
                    node.cluster().signals());
            for (int i = 0; i < 30; i++) {
                Job unused = queue.enqueue(node.newJob("complete", 0));
            }
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT generic_plans, custom_plans"
                            + " FROM pg_prepared_statements WHERE statement LIKE '%INSERT INTO jobs%'")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getInt("custom_plans")).as("PostgreSQL's trials").isEqualTo(5);
                assertThat(row.getInt("generic_plans")).isGreaterThanOrEqualTo(15);
            }
        }
    }

    private static void assertGood(List<ExplainingDataSource.Plan> plans) {
        assertThat(statements(plans))
                .as("the statements of the hot path are among those explained")
                .anyMatch(sql -> sql.contains("WITH RECURSIVE lane"))
                .anyMatch(sql -> sql.contains("SET due = true"))
                .anyMatch(sql -> sql.contains("UPDATE jobs SET status = 'running'"))
                .anyMatch(sql -> sql.contains("WITH e AS"))
                .anyMatch(sql -> sql.contains("DELETE FROM QRTZ_FIRED_TRIGGERS"));
        assertThat(plans)
                .filteredOn(plan -> plan.sql().strip().startsWith("DELETE FROM QRTZ_FIRED_TRIGGERS"))
                .allSatisfy(plan -> assertThat(plan.nodes())
                        .extracting(node -> node.path("Index Name").asText())
                        .contains("qrtz_fired_triggers_pkey"));
        for (ExplainingDataSource.Plan plan : plans) {
            for (JsonNode node : plan.nodes()) {
                assertThat(scans(node)).as("%s%n%s", plan.sql(), plan.root()).isFalse();
                assertThat(sorts(node)).as("%s%n%s", plan.sql(), plan.root()).isFalse();
            }
        }
    }

    private static Set<String> statements(List<ExplainingDataSource.Plan> plans) {
        return plans.stream().map(ExplainingDataSource.Plan::sql).collect(Collectors.toSet());
    }

    /** Whether it reads the backlog, be it by an index. */
    private static boolean scans(JsonNode node) {
        long passedOver = node.path("Rows Removed by Filter").asLong()
                + node.path("Rows Removed by Index Recheck").asLong();
        boolean whole = node.path("Node Type").asText().contains("Seq Scan");
        return BIG.contains(node.path("Relation Name").asText())
                && passedOver + (whole ? node.path("Actual Rows").asLong() : 0) > LARGEST_SORT;
    }

    private static boolean sorts(JsonNode node) {
        return node.path("Node Type").asText().contains("Sort")
                && node.path("Actual Rows").asLong() > LARGEST_SORT;
    }

    private static void awaitCompleted(Jdbi jdbi, String tenant, long jobs) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> completed(jdbi, tenant) > jobs);
    }

    private static long completed(Jdbi jdbi, String tenant) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT count(*) FROM jobs WHERE tenant_id = :tenant AND final_status = 'completed'")
                .bind("tenant", tenant)
                .mapTo(Long.class)
                .one());
    }

    /** As many jobs as are said to break such tables, half of them for tomorrow. */
    private static void fill(Handle handle, String tenant, int jobs) {
        handle.createUpdate("""
                        INSERT INTO jobs (id, tenant_id, type, queue, priority, labels, input, max_attempts, backoff_kind,
                            backoff_initial_ms, backoff_max_ms, backoff_jitter, timeout_ms, retention_s, root_job_id, run_at)
                        SELECT id, :tenant, 'script', 'default', n % 3, '{}', '{"then": "complete", "millis": 0}', 3,
                            'fixed', 1000, 1000, 0, 60000, 86400, id, now() + (n % 2) * interval '1 day'
                        FROM (SELECT n, uuidv7() AS id FROM generate_series(1, :jobs) AS n) AS new""").bind("tenant", tenant).bind("jobs", jobs).execute();
        handle.createUpdate("""
                        INSERT INTO qrtz_triggers (sched_name, trigger_name, trigger_group, job_name, job_group,
                            next_fire_time, prev_fire_time, priority, trigger_state, trigger_type, start_time, end_time,
                            misfire_instr, job_data, due)
                        SELECT 'carnelian', id::text, :tenant || '/script', 'script', 'jobs', at, -1, priority, 'WAITING',
                            'ONCE', at, 0, -1, convert_to('jobId=' || id || E'\n', 'UTF8'), run_at <= now()
                        FROM (SELECT *, (extract(epoch FROM run_at) * 1000)::bigint AS at FROM jobs) AS j
                        WHERE tenant_id = :tenant""").bind("tenant", tenant).execute();
    }
}
