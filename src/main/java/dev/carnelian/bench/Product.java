package dev.carnelian.bench;

import dev.carnelian.database.Migrations;
import dev.carnelian.job.JobType;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.JobSettings;
import dev.carnelian.queue.NewJob;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;

/** Carnelian itself: the job, its status, its attempt and its result are kept. */
final class Product implements Contender {
    static final String NAME = "Carnelian";
    static final TenantId TENANT = new TenantId("bench");

    private static final int JOBS_A_CALL = 1_000;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int warmUp() {
        return 250_000;
    }

    @Override
    public void createTables(String url) {
        Migrations.apply(Sql.source(url));
    }

    @Override
    public void load(String url, int first, int count) {
        try (ProductNode submitter = new ProductNode(url, 0, RunLog.none())) {
            for (int done = 0; done < count; done += JOBS_A_CALL) {
                var unused = submitter
                        .queue()
                        .enqueue(Collections.nCopies(Math.min(JOBS_A_CALL, count - done), newJob(TENANT)));
            }
        }
    }

    /** A job as a caller would submit it. */
    static NewJob newJob(TenantId tenant) {
        return newJob(tenant, NoOpHandler.TYPE, "{\"number\": 42}");
    }

    static NewJob newJob(TenantId tenant, JobType<?, ?> type, String input) {
        JobType.Limits limits = type.limits();
        JobSettings settings = new JobSettings(
                JobSettings.DEFAULT_QUEUE,
                0,
                Map.of(),
                limits.maxAttempts(),
                limits.backoff(),
                limits.timeout(),
                Duration.ofDays(7));
        return new NewJob(tenant, type.name(), input, settings, null, null, null);
    }

    @Override
    public long unfinished(Connection connection) throws SQLException {
        return Sql.number(connection, "SELECT count(*) FROM jobs WHERE final_status IS NULL");
    }

    @Override
    public long finished(Connection connection, long loaded) throws SQLException {
        long odd = Sql.number(connection, """
                SELECT count(*) FROM jobs
                WHERE NOT (status = 'pending' AND attempt = 0)
                  AND NOT (status = 'completed' AND attempt = 1 AND result IS NOT NULL)""");
        if (odd > 0) {
            throw new IllegalStateException(odd + " jobs are neither untouched nor completed by their first attempt");
        }
        long all = Sql.number(connection, "SELECT count(*) FROM jobs");
        if (all != loaded) {
            throw new IllegalStateException("of " + loaded + " jobs " + all + " are there");
        }
        return Sql.number(connection, "SELECT count(*) FROM jobs WHERE status = 'completed'");
    }

    @Override
    public Node open(String url, RunLog log) {
        return new ProductNode(url, THREADS, log);
    }
}
