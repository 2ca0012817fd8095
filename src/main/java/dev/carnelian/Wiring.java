package dev.carnelian;

import dev.carnelian.access.ApiKeys;
import dev.carnelian.api.Api;
import dev.carnelian.api.ApiJson;
import dev.carnelian.cluster.Cluster;
import dev.carnelian.database.Database;
import dev.carnelian.document.DocumentProcessingHandler;
import dev.carnelian.document.Extractor;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.queue.Jobs;
import dev.carnelian.queue.Retention;
import dev.carnelian.storage.FileStore;
import dev.carnelian.worker.Handlers;
import io.dropwizard.core.setup.Environment;
import io.dropwizard.db.ManagedDataSource;
import io.dropwizard.jdbi3.JdbiFactory;
import io.dropwizard.lifecycle.AutoCloseableManager;
import io.dropwizard.lifecycle.Managed;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;

/** Makes the objects of a process and hands them to each other. What is managed last is stopped first. */
final class Wiring {
    /** Beside one for each completion at once: claim, misfires, check-in, recovery. */
    private static final int STORE_CONNECTIONS = 8;

    private final CarnelianConfiguration configuration;
    private final Environment environment;
    private final Role role;

    Wiring(CarnelianConfiguration configuration, Environment environment, Role role) {
        this.configuration = configuration;
        this.environment = environment;
        this.role = role;
    }

    /** The running parts that commands need. */
    record Parts(Database database, ApiKeys keys, Cluster cluster) {}

    Parts wire() throws Exception {
        Database database = Database.open(configuration.database());
        manage(database);
        database.migrate();
        Jdbi jdbi = new JdbiFactory()
                .build(environment, configuration.database().pool(database), "database")
                .installPlugin(new PostgresPlugin());
        ManagedDataSource storePool = database.storePool(environment.metrics(), STORE_CONNECTIONS);
        environment.lifecycle().manage(storePool);

        FileStore files = new FileStore(jdbi);
        Extractor extractor = new Extractor(
                configuration.documents().extractors(),
                configuration.documents().timeout().toJavaDuration(),
                configuration.documents().maxDocument().toBytes());
        manage(extractor);
        Handlers handlers = new Handlers(List.of(new DocumentProcessingHandler(jdbi, files, extractor)));

        ApiJson.configure(environment.getObjectMapper());
        Cluster cluster = new Cluster(
                configuration.cluster(),
                new Cluster.Connections(storePool, jdbi, database::session),
                new Cluster.Identity(role.wireName(), Version.CURRENT),
                handlers,
                environment.getObjectMapper());
        environment.lifecycle().manage(new ManagedCluster(cluster));
        environment.lifecycle().addServerLifecycleListener(new Shutdown(cluster));

        ApiKeys keys = new ApiKeys(
                jdbi,
                configuration.api().keyRefresh().toJavaDuration(),
                configuration.api().keyStaleness().toJavaDuration());
        if (role == Role.SERVER) {
            serve(jdbi, cluster, keys, files, handlers);
        }
        Operations.register(environment, cluster, jdbi);
        Retention retention = new Retention(jdbi);
        environment
                .lifecycle()
                .manage(new Housekeeping()
                        .with("finished jobs", retention::deleteExpiredJobs)
                        .with("idempotency keys", retention::deleteOldIdempotencyKeys)
                        .with("files", files::deleteExpired)
                        .with("stale nodes", batch -> cluster.nodes().removeStale()));
        return new Parts(database, keys, cluster);
    }
}
