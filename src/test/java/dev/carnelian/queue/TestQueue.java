package dev.carnelian.queue;

import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;

/** A queue on a database of its own, whose triggers are rows of a table and whose worker is the test. */
public final class TestQueue {
    public static final TenantId ACME = new TenantId("acme");
    public static final TenantId OTHER = new TenantId("other");

    private final Jdbi jdbi;
    private final Triggers triggers = new TableTriggers();
    private final Set<JobId> cancelSignals = ConcurrentHashMap.newKeySet();
    private final Runs runs;

    public TestQueue() {
        jdbi = Jdbi.create(TestDatabase.migrated().dataSource())
                .installPlugin(new SqlObjectPlugin())
                .installPlugin(new PostgresPlugin());
        jdbi.useHandle(
                handle -> handle.execute("CREATE TABLE test_triggers (job uuid PRIMARY KEY, run_at timestamptz)"));
        runs = new Runs(jdbi, triggers);
    }

    public Jdbi jdbi() {
        return jdbi;
    }

    public JobQueue queue() {
        return queue(triggers);
    }

    /** The queue with other triggers, such as broken ones. */
    public JobQueue queue(Triggers others) {
        return new JobQueue(jdbi, others, new Signals() {
            @Override
            public void jobsDue() {}

            @Override
            public void cancelRequested(JobId job) {
                cancelSignals.add(job);
            }
        });
    }

    public Triggers triggers() {
        return triggers;
    }

    public Jobs jobs() {
        return new Jobs(jdbi);
    }

    public Set<JobId> cancelSignals() {
        return cancelSignals;
    }

    public Job find(JobId id) {
        return jobs().find(ACME, id).orElseThrow();
    }

    public Job enqueue(String type) {
        return queue().enqueue(newJob(ACME, type));
    }

    public static NewJob newJob(TenantId tenant, String type) {
        return new NewJob(tenant, type, "{\"n\": 1.10}", settings("default", 0, Map.of()), null, null, null);
    }

    public static JobSettings settings(String queue, int priority, Map<String, String> labels) {
        Backoff backoff = new Backoff(Backoff.Kind.FIXED, Duration.ofSeconds(1), Duration.ofSeconds(1), 0);
        return new JobSettings(queue, priority, labels, 3, backoff, Duration.ofMinutes(1), Duration.ofDays(7));
    }

    /** Starts the job's next attempt; answers its run id, or null if the job did not wait for one. */
    public @Nullable String start(JobId id) {
        String runId = UUID.randomUUID().toString();
        List<Claimed> claimed = inTransaction(transaction -> {
            triggers.remove(transaction, ACME, "", id);
            return runs.start(transaction, List.of(new Runs.RunOf(id, runId)), "node-1");
        });
        return claimed.isEmpty() ? null : runId;
    }

    /** Ends an attempt. */
    public void finish(JobId id, @Nullable String runId, Outcome outcome) {
        if (runId == null) {
            throw new AssertionError("job " + id + " was not started");
        }
        inTransaction(transaction -> {
            runs.finish(transaction, List.of(new Runs.Ended(id, runId, outcome)));
            return id;
        });
    }

    /** Gives an attempt up in good order. */
    public void release(JobId id, String runId) {
        inTransaction(transaction -> {
            runs.finish(transaction, List.of(new Runs.Ended(id, runId, null)));
            return id;
        });
    }

    /** Runs the job to completed. */
    public void complete(JobId id, String result) {
        String runId = start(id);
        finish(id, runId, new Outcome.Completed(result, Report.empty(id, "", 1)));
    }

    /** Runs the job to failed, or to pending when it may be tried again. */
    public void fail(JobId id, @Nullable Duration retryAfter) {
        String runId = start(id);
        String result = "{\"error\":{\"code\":\"broken\",\"message\":\"it broke\",\"retryable\":true,\"attempt\":1}}";
        finish(
                id,
                runId,
                new Outcome.Failed(
                        JobFailure.retryable("broken", "it broke"), result, retryAfter, Report.empty(id, "", 1)));
    }

    public int count(String table) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM <table>")
                .define("table", table)
                .mapTo(Integer.class)
                .one());
    }

    private <T> T inTransaction(Work<T> work) {
        try {
            return jdbi.inTransaction(handle -> work.in(handle.getConnection()));
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private interface Work<T> {
        T in(Connection transaction) throws SQLException;
    }

    /** As the given ones, but plans each trigger twice, so that the database refuses the second. */
    public static Triggers twice(Triggers triggers) {
        return new Triggers() {
            @Override
            public Instant schedule(Connection connection, Insert jobs, List<Planned> planned) throws SQLException {
                return triggers.schedule(connection, jobs, twice(planned));
            }

            @Override
            public void schedule(Connection transaction, List<Planned> planned) throws SQLException {
                triggers.schedule(transaction, twice(planned));
            }

            @Override
            public void remove(Connection transaction, TenantId tenant, String type, JobId job) throws SQLException {
                triggers.remove(transaction, tenant, type, job);
            }

            private static List<Planned> twice(List<Planned> planned) {
                return Stream.concat(planned.stream(), planned.stream()).toList();
            }
        };
    }

    /** Triggers kept in a table, so that they commit and vanish with their transaction. */
    private static final class TableTriggers implements Triggers {
        @Override
        public Instant schedule(Connection connection, Insert jobs, List<Planned> planned) throws SQLException {
            String sql = """
                    WITH jobs AS (%s), triggers AS (
                        INSERT INTO test_triggers
                        SELECT job, coalesce(run_at, CASE WHEN delay > interval '0' THEN now() + delay END)
                        FROM unnest(?::uuid[], ?::timestamptz[], ?::interval[]) AS t (job, run_at, delay))
                    SELECT now()""".formatted(jobs.sql());
            try (var insert = connection.prepareStatement(sql)) {
                int next = 0;
                for (Array parameter : jobs.parameters()) {
                    insert.setArray(++next, parameter);
                }
                insert.setArray(++next, texts(connection, planned, Planned::job));
                insert.setArray(++next, texts(connection, planned, Planned::runAt));
                insert.setArray(++next, texts(connection, planned, Planned::delay));
                try (var row = insert.executeQuery()) {
                    row.next();
                    return row.getObject(1, OffsetDateTime.class).toInstant();
                }
            }
        }

        private static Array texts(
                Connection connection, List<Planned> planned, Function<Planned, @Nullable Object> value)
                throws SQLException {
            return connection.createArrayOf(
                    "text",
                    planned.stream()
                            .map(value)
                            .map(one -> one == null ? null : one.toString())
                            .toArray());
        }

        @Override
        public void schedule(Connection transaction, List<Planned> planned) throws SQLException {
            try (var insert = transaction.prepareStatement("INSERT INTO test_triggers VALUES (?, ?)")) {
                for (Planned trigger : planned) {
                    insert.setObject(1, trigger.job().value());
                    insert.setObject(
                            2, trigger.runAt() == null ? null : trigger.runAt().atOffset(java.time.ZoneOffset.UTC));
                    insert.executeUpdate();
                }
            }
        }

        @Override
        public void remove(Connection transaction, TenantId tenant, String type, JobId job) throws SQLException {
            // As the real ones: a trigger that a worker holds is skipped, or the two would wait for each other.
            try (var delete = transaction.prepareStatement("""
                    DELETE FROM test_triggers WHERE job IN (
                        SELECT job FROM test_triggers WHERE job = ? FOR UPDATE SKIP LOCKED)""")) {
                delete.setObject(1, job.value());
                delete.executeUpdate();
            }
        }
    }
}
