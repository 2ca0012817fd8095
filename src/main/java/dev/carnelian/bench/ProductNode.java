package dev.carnelian.bench;

import com.codahale.metrics.MetricRegistry;
import dev.carnelian.cluster.Cluster;
import dev.carnelian.cluster.ClusterConfiguration;
import dev.carnelian.database.Database;
import dev.carnelian.database.DatabaseConfiguration;
import dev.carnelian.database.Secret;
import dev.carnelian.job.JobHandler;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.worker.Handlers;
import io.dropwizard.db.ManagedDataSource;
import io.dropwizard.jackson.Jackson;
import io.dropwizard.util.Duration;
import java.util.List;
import java.util.function.Function;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;

/** A whole node of Carnelian but for HTTP, with one type of job. */
final class ProductNode implements Node {
    private static final int STORE_CONNECTIONS = 8;
    private static final int REQUEST_CONNECTIONS = 32;

    private final Database database;
    private final ManagedDataSource storePool;
    private final ManagedDataSource requestPool;
    private final Jdbi jdbi;
    private final Cluster cluster;

    /**
     * Makes a node for the no-op type.
     *
     * @param threads jobs at once; 0 for a node that only submits
     */
    ProductNode(String url, int threads, RunLog log) {
        this(url, threads, jdbi -> new NoOpHandler(log));
    }

    ProductNode(String url, int threads, Function<Jdbi, JobHandler<?, ?>> handler) {
        MetricRegistry metrics = new MetricRegistry();
        database = Database.open(new DatabaseConfiguration(url, "", new Secret(""), ".", REQUEST_CONNECTIONS));
        storePool = database.storePool(metrics, STORE_CONNECTIONS);
        requestPool = database.requestPool().build(metrics, "database");
        jdbi = Jdbi.create(requestPool).installPlugin(new SqlObjectPlugin()).installPlugin(new PostgresPlugin());
        cluster = new Cluster(
                new ClusterConfiguration(
                        "",
                        threads,
                        Duration.seconds(5),
                        Duration.seconds(15),
                        Duration.seconds(25),
                        Duration.seconds(5)),
                new Cluster.Connections(storePool, jdbi, database::session),
                new Cluster.Identity("worker", "bench"),
                new Handlers(List.of(handler.apply(jdbi))),
                Jackson.newObjectMapper());
        cluster.start();
    }

    JobQueue queue() {
        return new JobQueue(jdbi, cluster.triggers(), cluster.signals());
    }

    @Override
    public void pause() {
        cluster.drain();
    }

    @Override
    public void resume() {
        cluster.resume();
    }

    @Override
    public void close() {
        cluster.drain();
        cluster.stop();
        try {
            storePool.stop();
            requestPool.stop();
        } catch (Exception e) {
            throw new IllegalStateException("a pool did not close", e);
        }
        database.close();
    }
}
