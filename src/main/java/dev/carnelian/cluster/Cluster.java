package dev.carnelian.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.database.Notifications;
import dev.carnelian.database.Notifications.ConnectionSource;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobType;
import dev.carnelian.jobstore.PostgresJobStore;
import dev.carnelian.queue.Reports;
import dev.carnelian.queue.Runs;
import dev.carnelian.queue.Signals;
import dev.carnelian.queue.Triggers;
import dev.carnelian.worker.Handlers;
import dev.carnelian.worker.JobRunner;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This node's part in the cluster: it claims due jobs, runs them, and tells and hears what the other nodes do. */
public final class Cluster {
    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
    private static final Duration REPORT_INTERVAL = Duration.ofSeconds(1);
    private static final long POLL_MILLIS = 50;

    /**
     * The ways to the database.
     *
     * @param store the job store's own pool, so that requests cannot starve claims, completions and check-ins
     * @param jdbi for everything else
     * @param sessions opens sessions outside any pool, for listening
     */
    public record Connections(DataSource store, Jdbi jdbi, ConnectionSource sessions) {}

    /** How this process presents itself. */
    public record Identity(String role, String version) {}

    private final ClusterConfiguration configuration;
    private final Connections connections;
    private final Identity identity;
    private final Handlers handlers;
    private final Nodes nodes;
    private final String node;
    private final PostgresJobStore store = new PostgresJobStore();
    private final QuartzTriggers triggers = new QuartzTriggers(store);
    private final PostgresSignals signals;
    private final JobRunner runner;
    private final QuartzNode quartz;
    private final ScheduledExecutorService heartbeat = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "heartbeat");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable Notifications notifications;
    private volatile boolean draining;
    private boolean heartbeatFailed;

    /**
     * @param json binds the inputs of jobs and writes their results
     */
    public Cluster(
            ClusterConfiguration configuration,
            Connections connections,
            Identity identity,
            Handlers handlers,
            ObjectMapper json) {
        this.configuration = configuration;
        this.connections = connections;
        this.identity = identity;
        this.handlers = handlers;
        this.nodes = new Nodes(connections.jdbi(), configuration.lease().toJavaDuration());
        this.node = nodes.register(
                wishedName(configuration), identity.role(), identity.version(), configuration.workerThreads());
        this.signals = new PostgresSignals(connections.jdbi(), this::wake);
        Runs runs = new Runs(connections.jdbi(), triggers);
        this.runner = new JobRunner(
                handlers,
                runs,
                new Reports(connections.jdbi()),
                json,
                InstantSource.system(),
                configuration.grace().toJavaDuration(),
                REPORT_INTERVAL);
        RunHook hook = new RunHook(runs, runner, signals, node);
        store.setHook(hook);
        store.setJobNames(handlers.types().list().stream().map(JobType::name).collect(Collectors.toSet()));
        this.quartz = QuartzNode.assemble(store, connections.store(), node + "~" + freshSuffix(), configuration);
        quartz.runWith(RunJob.factory(hook, runner, quartz, this::isDraining), new OutcomeListener(store));
    }

    private static String wishedName(ClusterConfiguration configuration) {
        if (!configuration.nodeId().isEmpty()) {
            return configuration.nodeId();
        }
        try {
            return InetAddress.getLocalHost().getHostName() + "-" + Nodes.suffix();
        } catch (UnknownHostException e) {
            return "node-" + Nodes.suffix();
        }
    }

    private static String freshSuffix() {
        return UUID.randomUUID().toString().substring(0, 8);
    }

    /** Starts to claim and run jobs, unless this node has no worker threads, and to hear of other nodes' commits. */
    public void start() {
        quartz.storeJobs(handlers.types());
        signals.start();
        if (configuration.workerThreads() > 0) {
            quartz.start();
            notifications = Notifications.listen(
                    connections.sessions(),
                    List.of(Names.CHANNEL_DUE, Names.CHANNEL_CANCEL),
                    this::hear,
                    this::lookForOneself);
        }
        long interval = configuration.heartbeat().toMilliseconds();
        var unused = heartbeat.scheduleAtFixedRate(this::beat, interval, interval, TimeUnit.MILLISECONDS);
        LOG.info("node {} is up with {} worker threads", node, configuration.workerThreads());
    }

    private void wake() {
        if (configuration.workerThreads() > 0) {
            quartz.wake();
        }
    }

    private void hear(String channel, String payload) {
        if (channel.equals(Names.CHANNEL_CANCEL)) {
            JobId.parse(payload).ifPresent(runner::cancel);
        } else {
            quartz.wake();
        }
    }

    private void lookForOneself() {
        quartz.wake();
        runner.checkStandings();
    }

    private void beat() {
        try {
            nodes.heartbeat(
                    node,
                    identity.role(),
                    draining ? "draining" : "up",
                    identity.version(),
                    configuration.workerThreads(),
                    runner.running().size());
            runner.checkStandings();
            heartbeatFailed = false;
        } catch (RuntimeException e) {
            if (!heartbeatFailed) {
                LOG.warn("heartbeats fail, cancels reach this node again once they do not: {}", e.getMessage());
            }
            heartbeatFailed = true;
        }
    }

    /**
     * Claims nothing more, lets what runs go on for the configured time, and hands the rest back. Returns when nothing
     * runs, or when what still does has ignored its interrupt for the grace.
     */
    public void drain() {
        draining = true;
        beat();
        if (quartz.isRunning()) {
            quartz.standBy();
        }
        int left = runner.running().size();
        if (left > 0) {
            LOG.info("draining: {} jobs may go on for {}", left, configuration.drain());
        }
        if (!runsEndWithin(configuration.drain().toJavaDuration())) {
            LOG.info(
                    "handing {} jobs back; other nodes run them again",
                    runner.running().size());
            runner.handAllBack();
            var unused = runsEndWithin(configuration.grace().toJavaDuration().plusSeconds(1));
        }
    }

    private boolean runsEndWithin(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        while (!runner.running().isEmpty()) {
            if (System.nanoTime() > until) {
                return false;
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    /** Claims jobs again after a {@link #drain}. */
    public void resume() {
        draining = false;
        if (configuration.workerThreads() > 0) {
            quartz.start();
        }
        beat();
    }

    /** Leaves the cluster. Call {@link #drain} before. */
    public void stop() {
        draining = true;
        heartbeat.shutdownNow();
        if (notifications != null) {
            notifications.close();
        }
        quartz.shutdown();
        runner.close();
        signals.close();
        try {
            nodes.remove(node);
        } catch (RuntimeException e) {
            LOG.debug("this node's entry stays until it is stale", e);
        }
    }

    /** This node's name, as in {@code jobs.node}. */
    public String node() {
        return node;
    }

    public Triggers triggers() {
        return triggers;
    }

    public Signals signals() {
        return signals;
    }

    /** Forgets nodes that were last heard of an hour ago; answers how many. */
    public int forgetStaleNodes() {
        return nodes.removeStale();
    }

    /** Whether this node claims nothing because it is about to stop. */
    public boolean isDraining() {
        return draining;
    }

    /** How this node stands, for health checks and metrics. */
    public ClusterHealth health() {
        return new ClusterHealth(
                configuration.workerThreads() > 0,
                quartz.isRunning(),
                store.holdsLease(),
                store.leaseMillisLeft(),
                store.clockLagMillis(),
                runner.running().size(),
                runner.abandoned());
    }
}
