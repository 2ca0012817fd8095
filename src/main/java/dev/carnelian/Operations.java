package dev.carnelian;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.health.HealthCheck;
import dev.carnelian.cluster.Cluster;
import dev.carnelian.cluster.ClusterHealth;
import dev.carnelian.storage.FileStore;
import io.dropwizard.core.setup.AdminEnvironment;
import io.dropwizard.core.setup.Environment;
import io.dropwizard.servlets.tasks.Task;
import io.prometheus.metrics.exporter.servlet.jakarta.PrometheusMetricsServlet;
import io.prometheus.metrics.instrumentation.dropwizard.DropwizardExports;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jdbi.v3.core.Jdbi;

/** What an operator sees of a node on its admin port. */
final class Operations {
    /** A clock this far off is worth a look, though nothing here depends on it. */
    private static final long WORRYING_LAG_MILLIS = 2_000;

    private Operations() {}

    static void register(Environment environment, Cluster cluster, Jdbi jdbi) {
        Map<String, HealthCheck> checks = Map.of(
                "scheduler", check(cluster, Operations::scheduler),
                "lease", check(cluster, Operations::lease),
                "clock", check(cluster, Operations::clock),
                "handlers", check(cluster, Operations::handlers));
        checks.forEach(environment.healthChecks()::register);
        gauges(environment.metrics(), cluster);
        AdminEnvironment admin = environment.admin();
        admin.addServlet("prometheus", new PrometheusMetricsServlet(prometheus(environment.metrics())))
                .addMapping("/metrics/prometheus");
        admin.addServlet("ready", new ReadyServlet(cluster, jdbi)).addMapping("/ready");
        admin.addTask(new DrainTask(cluster));
        admin.addTask(new ResumeTask(cluster));
    }

    private static PrometheusRegistry prometheus(MetricRegistry metrics) {
        PrometheusRegistry registry = new PrometheusRegistry();
        DropwizardExports.builder().dropwizardRegistry(metrics).register(registry);
        JvmMetrics.builder().register(registry);
        return registry;
    }

    private static void gauges(MetricRegistry metrics, Cluster cluster) {
        Map<String, Function<ClusterHealth, Number>> gauges = Map.of(
                "carnelian.jobs.running", ClusterHealth::running,
                "carnelian.handlers.abandoned", ClusterHealth::abandoned,
                "carnelian.lease.left.ms", ClusterHealth::leaseMillisLeft,
                "carnelian.clock.lag.ms", ClusterHealth::clockLagMillis);
        gauges.forEach(
                (name, value) -> metrics.registerGauge(name, (Gauge<Number>) () -> value.apply(cluster.health())));
        metrics.registerGauge("carnelian.draining", () -> cluster.isDraining() ? 1 : 0);
    }

    /** Not a part of {@code /ready}: without the bucket, all nodes are as good as this one, and most jobs go on. */
    static HealthCheck files(FileStore files) {
        return new HealthCheck() {
            @Override
            protected Result check() {
                try {
                    files.check();
                    return Result.healthy();
                } catch (IOException e) {
                    return Result.unhealthy(e.getMessage());
                }
            }
        };
    }

    private static HealthCheck check(Cluster cluster, Function<ClusterHealth, HealthCheck.Result> judge) {
        return new HealthCheck() {
            @Override
            protected Result check() {
                return judge.apply(cluster.health());
            }
        };
    }

    private static HealthCheck.Result scheduler(ClusterHealth health) {
        return !health.worker() || health.schedulerRunning()
                ? HealthCheck.Result.healthy()
                : HealthCheck.Result.unhealthy("this node claims no jobs: it is draining or was never started");
    }

    private static HealthCheck.Result lease(ClusterHealth health) {
        return !health.worker() || health.leaseHeld()
                ? HealthCheck.Result.healthy("%d ms left", health.leaseMillisLeft())
                : HealthCheck.Result.unhealthy(
                        "this node could not renew its lease: it runs nothing until it reaches the database again");
    }

    private static HealthCheck.Result clock(ClusterHealth health) {
        long lag = health.clockLagMillis();
        return Math.abs(lag) <= WORRYING_LAG_MILLIS
                ? HealthCheck.Result.healthy()
                : HealthCheck.Result.unhealthy(
                        "this machine's clock is %d ms behind the database's; set it right", lag);
    }

    private static HealthCheck.Result handlers(ClusterHealth health) {
        return health.abandoned() == 0
                ? HealthCheck.Result.healthy()
                : HealthCheck.Result.unhealthy(
                        "%d handlers ignore that they were told to stop; restart the node if they do not end",
                        health.abandoned());
    }

    private static final class DrainTask extends Task {
        private final Cluster cluster;

        DrainTask(Cluster cluster) {
            super("drain");
            this.cluster = cluster;
        }

        @Override
        public void execute(Map<String, List<String>> parameters, PrintWriter output) {
            cluster.drain();
            output.println("drained: this node claims no jobs until it is resumed");
        }
    }

    private static final class ResumeTask extends Task {
        private final Cluster cluster;

        ResumeTask(Cluster cluster) {
            super("resume");
            this.cluster = cluster;
        }

        @Override
        public void execute(Map<String, List<String>> parameters, PrintWriter output) {
            cluster.resume();
            output.println("resumed");
        }
    }
}
