package dev.carnelian;

import dev.carnelian.cluster.Cluster;
import io.dropwizard.lifecycle.ServerLifecycleListener;
import org.eclipse.jetty.server.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a process in good order: first the jobs, while the API still answers and readiness says 503; then the server and
 * what it manages. Jetty's own shutdown would close the doors first.
 */
final class Shutdown implements ServerLifecycleListener {
    private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

    private final Cluster cluster;

    Shutdown(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public void serverStarted(Server server) {
        server.setStopAtShutdown(false);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(server), "shutdown"));
    }

    private void end(Server server) {
        try {
            cluster.drain();
        } catch (Exception e) {
            LOG.warn("could not drain; what runs here is run again when this node's lease ends", e);
        }
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("the server did not stop in good order", e);
        }
    }
}
