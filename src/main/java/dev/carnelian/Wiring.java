package dev.carnelian;

import dev.carnelian.access.ApiKeys;
import dev.carnelian.api.Api;
import dev.carnelian.api.ApiJson;
import dev.carnelian.api.FilesResource;
import dev.carnelian.api.JobRoutes;
import dev.carnelian.api.LongPolls;
import dev.carnelian.api.RunsResource;
import dev.carnelian.api.Validation;
import dev.carnelian.cluster.Cluster;
import dev.carnelian.cluster.NodeList;
import dev.carnelian.crawl.WebCrawlingHandler;
import dev.carnelian.database.Database;
import dev.carnelian.database.PlainFailures;
import dev.carnelian.document.DocumentProcessingHandler;
import dev.carnelian.document.Documents;
import dev.carnelian.document.Extractor;
import dev.carnelian.embedding.BatchEmbeddingHandler;
import dev.carnelian.embedding.EmbeddingModel;
import dev.carnelian.embedding.VectorColumn;
import dev.carnelian.httpcall.HttpCallHandler;
import dev.carnelian.httpcall.ReportSignals;
import dev.carnelian.httpcall.RunReports;
import dev.carnelian.job.JobHandler;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.queue.Durations;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.queue.Jobs;
import dev.carnelian.queue.Retention;
import dev.carnelian.queue.Submissions;
import dev.carnelian.storage.FileStore;
import dev.carnelian.transfer.ExportHandler;
import dev.carnelian.transfer.ImportHandler;
import dev.carnelian.transfer.Imports;
import dev.carnelian.transfer.TransferConfiguration;
import dev.carnelian.worker.Handlers;
import io.dropwizard.core.setup.Environment;
import io.dropwizard.db.ManagedDataSource;
import io.dropwizard.jdbi3.JdbiFactory;
import io.dropwizard.lifecycle.AutoCloseableManager;
import io.dropwizard.lifecycle.Managed;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the objects of a process and hands them to each other. What is managed last is stopped first. */
final class Wiring {
    private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);

    /** Beside one for each completion at once: claim, misfires, check-in, recovery. */
    private static final int STORE_CONNECTIONS = 8;

    private final CarnelianConfiguration configuration;
    private final Environment environment;
    private final Role role;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    Wiring(CarnelianConfiguration configuration, Environment environment, Role role) {
        this.configuration = configuration;
        this.environment = environment;
        this.role = role;
    }

    /** The running parts that commands need. */
    record Parts(Database database, ApiKeys keys, Cluster cluster) {}

    Parts wire() {
        // First, as a user's mistake is told before a database is started.
        List<JobHandler<?, ?>> own = OwnHandlers.load(Wiring.class.getClassLoader());
        own.forEach(this::manageIfCloseable);
        Database database = Database.open(configuration.database());
        manage(database);
        int unused = database.atStart(() -> migrate(database));
        Jdbi jdbi = new JdbiFactory()
                .build(environment, database.requestPool(), "database")
                .installPlugin(new PostgresPlugin())
                .installPlugin(new PlainFailures());
        ManagedDataSource storePool = database.storePool(environment.metrics(), STORE_CONNECTIONS);
        environment.lifecycle().manage(storePool);

        FileStore files = FileStore.open(
                configuration.storage(), jdbi, configuration.api().keepFiles().toJavaDuration());
        manage(files);
        ReportSignals reportSignals = new ReportSignals(jdbi, database::session);
        manage(reportSignals);
        RunReports reports = new RunReports(jdbi, reportSignals);
        ApiJson.configure(environment.getObjectMapper());
        Handlers handlers = handlers(database, jdbi, files, reports, own);

        Cluster cluster = database.atStart(() -> new Cluster(
                configuration.cluster(),
                new Cluster.Connections(storePool, jdbi, database::session),
                new Cluster.Identity(role.wireName(), Version.CURRENT),
                handlers,
                environment.getObjectMapper()));
        manage(cluster::stop);
        environment.lifecycle().addServerLifecycleListener(new Shutdown(cluster));
        // Not with what is managed, which starts before the server listens: endpoints report to it, and the address to
        // report to is known from then on.
        environment.lifecycle().addServerLifecycleListener(server -> start(database, cluster));

        ApiKeys keys = new ApiKeys(
                jdbi,
                configuration.api().keyRefresh().toJavaDuration(),
                configuration.api().keyStaleness().toJavaDuration());
        if (role == Role.SERVER) {
            serve(jdbi, cluster, keys, files, handlers, reports);
        }
        Operations.register(environment, cluster, jdbi);
        environment.healthChecks().register("files", Operations.files(files));
        Retention retention = new Retention(jdbi);
        environment
                .lifecycle()
                .manage(new Housekeeping()
                        .with("finished jobs", retention::deleteExpiredJobs)
                        .with("idempotency keys", retention::deleteOldIdempotencyKeys)
                        .with("files", files::deleteExpired)
                        .with("objects of files that are gone", files::deleteObjectsOfGoneFiles)
                        .with("addresses of crawls", batch -> WebCrawlingHandler.deleteEnded(jdbi, batch))
                        .with("hosts of crawls", batch -> WebCrawlingHandler.deleteOldHosts(jdbi, batch))
                        .with("runs of http jobs", reports::deleteOld)
                        .with("imports", new Imports(jdbi, files)::deleteOld)
                        .with("stale nodes", batch -> cluster.forgetStaleNodes()));
        return new Parts(database, keys, cluster);
    }

    private static void start(Database database, Cluster cluster) {
        var unused = database.atStart(() -> {
            cluster.start();
            return true;
        });
    }

    private static int migrate(Database database) {
        int applied = database.migrate();
        try (Connection session = database.session()) {
            VectorColumn.addIfPossible(session);
        } catch (SQLException e) {
            throw new IllegalStateException("the database is gone again: " + e.getMessage(), e);
        }
        return applied;
    }

    private Handlers handlers(
            Database database, Jdbi jdbi, FileStore files, RunReports reports, List<JobHandler<?, ?>> own) {
        OutboundClient outbound = new OutboundClient(configuration.egress());
        manage(outbound);
        Extractor extractor = new Extractor(
                configuration.documents().extractors(),
                configuration.documents().timeout().toJavaDuration(),
                configuration.documents().maxDocument().toBytes());
        manage(extractor);
        EmbeddingModel model = new EmbeddingModel(configuration.embeddings().threadsHere());
        manage(model);
        Documents documents = new Documents();
        TransferConfiguration transfer = configuration.transfer();
        List<JobHandler<?, ?>> all = new ArrayList<>(List.of(
                new DocumentProcessingHandler(jdbi, files, extractor, outbound, documents),
                new WebCrawlingHandler(jdbi, outbound, extractor, documents, configuration.crawl()),
                new BatchEmbeddingHandler(jdbi, model),
                new ExportHandler(files, database::session, transfer.maxExport().toBytes()),
                new ImportHandler(
                        jdbi,
                        files,
                        outbound,
                        database::session,
                        transfer.maxImport().toBytes(),
                        transfer.maxImportRows()),
                new HttpCallHandler(
                        outbound, reports, publicUrl(), environment.getObjectMapper(), InstantSource.system())));
        all.addAll(own);
        return new Handlers(all);
    }

    /** A worker has no address of its own: endpoints report to a server, which must be named. */
    private PublicUrl publicUrl() {
        PublicUrl url = new PublicUrl(configuration.api().publicUrl());
        if (role == Role.SERVER) {
            environment.lifecycle().addServerLifecycleListener(url);
        }
        return url;
    }

    private void serve(
            Jdbi jdbi, Cluster cluster, ApiKeys keys, FileStore files, Handlers handlers, RunReports reports) {
        environment.lifecycle().manage(managed(keys::start, keys::close));
        LongPolls longPolls = new LongPolls(new Jobs(jdbi));
        environment.lifecycle().manage(longPolls);
        JobQueue queue = new JobQueue(jdbi, cluster.triggers(), cluster.signals());
        Submissions submissions = new Submissions(queue);
        environment.lifecycle().manage(managed(submissions::start, submissions::close));
        JobRoutes.Sources sources = new JobRoutes.Sources(
                queue,
                submissions,
                new Jobs(jdbi),
                new Durations(jdbi),
                handlers.types(),
                handlers,
                new NodeList(jdbi, configuration.cluster().lease().toJavaDuration()));
        List<Object> resources = new ArrayList<>(
                JobRoutes.of(environment.getObjectMapper(), environment.getValidator(), sources, longPolls));
        resources.addAll(RunsResource.with(
                reports, new Jobs(jdbi), new Validation(environment.getObjectMapper(), environment.getValidator())));
        resources.add(new FilesResource(files, configuration.api().maxFile().toBytes()));
        Api.register(environment, configuration.api(), keys, resources);
    }

    private void manageIfCloseable(JobHandler<?, ?> handler) {
        if (handler instanceof AutoCloseable closeable) {
            manage(closeable);
        }
    }

    private void manage(AutoCloseable resource) {
        opened.push(resource);
        environment.lifecycle().manage(new AutoCloseableManager(resource));
    }

    /** Closes what is open already when the start fails: Dropwizard only stops what it has started. */
    void abandon() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                LOG.debug("while giving up the start", e);
            }
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    private static Managed managed(Step start, Step stop) {
        return new Managed() {
            @Override
            public void start() throws Exception {
                start.run();
            }

            @Override
            public void stop() throws Exception {
                stop.run();
            }
        };
    }
}
