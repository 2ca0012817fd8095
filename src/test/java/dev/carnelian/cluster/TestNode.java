package dev.carnelian.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.module.paramnames.ParameterNamesModule;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Answer;
import dev.carnelian.queue.IdempotencyKey;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.queue.JobRef;
import dev.carnelian.queue.JobSettings;
import dev.carnelian.queue.Jobs;
import dev.carnelian.queue.NewJob;
import dev.carnelian.queue.Rerun;
import dev.carnelian.worker.Handlers;
import io.dropwizard.util.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;

/** A whole node but for the API, with one job type that does what the test says. */
final class TestNode implements AutoCloseable {
    static final TenantId ACME = new TenantId("acme");

    private final Jdbi jdbi;
    private final ScriptHandler handler = new ScriptHandler();
    private final Cluster cluster;

    TestNode(TestDatabase database, String name, int threads) throws Exception {
        this(database, configuration(name, threads, "5s"));
    }

    TestNode(TestDatabase database, ClusterConfiguration configuration) throws Exception {
        jdbi = Jdbi.create(database.dataSource())
                .installPlugin(new SqlObjectPlugin())
                .installPlugin(new PostgresPlugin());
        cluster = new Cluster(
                configuration,
                new Cluster.Connections(database.dataSource(), jdbi, database.dataSource()::getConnection),
                new Cluster.Identity("server", "test"),
                new Handlers(List.of(handler)),
                new ObjectMapper().registerModule(new ParameterNamesModule()));
    }

    static ClusterConfiguration configuration(String name, int threads, String drain) {
        return new ClusterConfiguration(
                name,
                threads,
                Duration.seconds(1),
                Duration.seconds(3),
                Duration.parse(drain),
                Duration.milliseconds(500));
    }

    TestNode started() throws Exception {
        cluster.start();
        return this;
    }

    Cluster cluster() {
        return cluster;
    }

    Jdbi jdbi() {
        return jdbi;
    }

    ScriptHandler handler() {
        return handler;
    }

    JobQueue queue() {
        return new JobQueue(jdbi, cluster.triggers(), cluster.signals());
    }

    JobId enqueue(String then, int millis) {
        return enqueue(then, millis, 0, null);
    }

    JobId enqueue(String then, int millis, int priority, java.time.@Nullable Duration delay) {
        return queue().enqueue(newJob(ACME, then, millis, priority, delay)).id();
    }

    JobId enqueue(TenantId tenant, String then, int millis) {
        return queue().enqueue(newJob(tenant, then, millis, 0, null)).id();
    }

    /** An urgent job that runs until it is cancelled. */
    JobId enqueueEndless() {
        return queue().enqueue(newJob(ACME, "complete", Integer.MAX_VALUE, 10, null, java.time.Duration.ofHours(1)))
                .id();
    }

    NewJob newJob(String then, int millis) {
        return newJob(ACME, then, millis, 0, null);
    }

    private static NewJob newJob(
            TenantId tenant, String then, int millis, int priority, java.time.@Nullable Duration delay) {
        return newJob(tenant, then, millis, priority, delay, java.time.Duration.ofSeconds(3));
    }

    private static NewJob newJob(
            TenantId tenant,
            String then,
            int millis,
            int priority,
            java.time.@Nullable Duration delay,
            java.time.Duration timeout) {
        JobSettings settings = new JobSettings(
                "default",
                priority,
                Map.of(),
                3,
                ScriptHandler.TYPE.limits().backoff(),
                timeout,
                java.time.Duration.ofDays(1));
        return new NewJob(tenant, "script", ScriptHandler.input(then, millis), settings, null, delay, null);
    }

    void cancel(JobId id) {
        Answer unused = queue().cancel(
                        new JobRef(ACME, id),
                        null,
                        Optional.<IdempotencyKey>empty(),
                        job -> Answer.of(200, null, "{}"));
    }

    JobId rerunFailedItems(JobId id) {
        Answer answer = queue().rerun(
                        new Rerun(ACME, id, null, null, null, false, true, null),
                        Optional.<IdempotencyKey>empty(),
                        job -> Answer.of(201, null, job.id().toString()));
        return JobId.parse(answer.body()).orElseThrow();
    }

    Job find(JobId id) {
        return new Jobs(jdbi).find(ACME, id).orElseThrow();
    }

    Job await(JobId id, JobStatus status) {
        Awaitility.await("job " + id + " to be " + status)
                .atMost(java.time.Duration.ofSeconds(20))
                .pollInterval(java.time.Duration.ofMillis(20))
                .until(() -> find(id).status() == status);
        return find(id);
    }

    int count(String table) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM <table>")
                .define("table", table)
                .mapTo(Integer.class)
                .one());
    }

    @Override
    public void close() throws Exception {
        cluster.drain();
        cluster.stop();
    }
}
