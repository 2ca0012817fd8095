package dev.carnelian.bench;

import dev.carnelian.job.TenantId;
import dev.carnelian.queue.JobQueue;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long a job waits from its acceptance to its start when workers are free, by the database's clock. It is submitted
 * by one process and run by another.
 */
final class Pickup {
    static final String IDLE = "pickup, idle";
    static final String BUSY = "pickup, 50 jobs/s";
    /** Until its end, as here it may also wait for a thread once it has been claimed. */
    static final String BEHIND = "acceptance to end, beside another tenant's flood";

    static final String P50 = " p50";
    static final String P99 = " p99";

    private static final int WARM_UP = 200;
    private static final long BUSY_MILLIS = 20;
    private static final long IDLE_MILLIS = 100;
    private static final int PATIENCE_POLLS = 6_000;
    private static final TenantId NEIGHBOUR = new TenantId("neighbour");

    private final Sizes sizes;

    /** How many jobs to measure with, and how many make the flood. */
    record Sizes(int idle, int busy, int behind, int flood) {}

    Pickup(Sizes sizes) {
        this.sizes = sizes;
    }

    void run(Server server, Children children, Figures figures) throws IOException, SQLException, InterruptedException {
        Product product = new Product();
        String url = server.freshDatabase();
        product.createTables(url);
        try (NodeProcess worker = NodeProcess.start(children, product, url, server.folder());
                ProductNode submitter = new ProductNode(url, 0, RunLog.none());
                Connection connection = Sql.source(url).getConnection()) {
            JobQueue queue = submitter.queue();
            submit(queue, NEIGHBOUR, WARM_UP, BUSY_MILLIS, 0);
            awaitEnd(product, connection);
            measure(IDLE, connection, figures, () -> submit(queue, NEIGHBOUR, sizes.idle(), IDLE_MILLIS, IDLE_MILLIS));
            measure(BUSY, connection, figures, () -> submit(queue, NEIGHBOUR, sizes.busy(), BUSY_MILLIS, 0));
            worker.pause();
            product.load(url, 0, sizes.flood());
            // As autovacuum does within a minute: it is then known that nearly all jobs are of one tenant.
            Sql.execute(connection, "ANALYZE");
            NodeProcess.resume(List.of(worker));
            measure(BEHIND, connection, figures, () -> {
                submit(queue, NEIGHBOUR, sizes.behind(), BUSY_MILLIS, 0);
                if (product.unfinished(connection) < sizes.behind()) {
                    throw new IllegalStateException("pickup: the flood was over before the measurement was");
                }
            });
            worker.stop();
            int all = WARM_UP + sizes.idle() + sizes.busy() + sizes.behind() + sizes.flood();
            long completed = product.finished(connection, all);
            if (completed != all) {
                throw new IllegalStateException("pickup: of " + all + " jobs " + completed + " completed");
            }
        }
    }

    private interface Submission {
        void run() throws InterruptedException, SQLException;
    }

    private static void measure(String name, Connection connection, Figures figures, Submission submission)
            throws SQLException, InterruptedException {
        OffsetDateTime since = now(connection);
        submission.run();
        awaitEnd(new Product(), connection);
        String sql = """
                SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY wait), percentile_disc(0.99) WITHIN GROUP (ORDER BY wait)
                FROM (SELECT extract(epoch FROM %s - created_at)::float8 * 1000 AS wait
                      FROM jobs WHERE created_at >= ? AND tenant_id = ?) AS waits""".formatted(name.equals(BEHIND) ? "completed_at" : "started_at");
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, since);
            statement.setString(2, NEIGHBOUR.value());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                figures.add(name + P50, row.getDouble(1), "ms");
                figures.add(name + P99, row.getDouble(2), "ms");
            }
        }
    }

    private static OffsetDateTime now(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT clock_timestamp()");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getObject(1, OffsetDateTime.class);
        }
    }

    /** One after the other, at times that do not depend on how long each takes. */
    private static void submit(JobQueue queue, TenantId tenant, int jobs, long millis, long spreadMillis)
            throws InterruptedException {
        long due = System.nanoTime();
        for (int i = 0; i < jobs; i++) {
            due += 1_000_000
                    * (millis
                            + (spreadMillis == 0
                                    ? 0
                                    : ThreadLocalRandom.current().nextLong(spreadMillis)));
            long wait = (due - System.nanoTime()) / 1_000_000;
            if (wait > 0) {
                Thread.sleep(wait);
            }
            var unused = queue.enqueue(Product.newJob(tenant));
        }
    }

    private static void awaitEnd(Product product, Connection connection) throws SQLException, InterruptedException {
        for (int polls = 0; product.unfinished(connection) > 0; polls++) {
            if (polls == PATIENCE_POLLS) {
                throw new IllegalStateException("pickup: " + product.unfinished(connection) + " jobs do not end");
            }
            Thread.sleep(10);
        }
    }
}
