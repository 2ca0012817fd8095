package dev.carnelian;

import io.dropwizard.lifecycle.ServerLifecycleListener;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.function.Supplier;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** Where others reach the API: as configured, else at this node itself once it listens. */
final class PublicUrl implements Supplier<Optional<URI>>, ServerLifecycleListener {
    private volatile @Nullable URI url;

    /**
     * @param configured empty if there is none
     */
    PublicUrl(String configured) {
        this.url = configured.isEmpty() ? null : URI.create(configured);
    }

    @Override
    public void serverStarted(Server server) {
        if (url == null && server.getConnectors()[0] instanceof ServerConnector connector) {
            url = URI.create("http://" + hostOf(connector) + ":" + connector.getLocalPort());
        }
    }

    private static String hostOf(ServerConnector connector) {
        String bound = connector.getHost();
        if (bound != null && !bound.equals("0.0.0.0") && !bound.equals("::")) {
            return bound.contains(":") ? "[" + bound + "]" : bound;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    @Override
    public Optional<URI> get() {
        return Optional.ofNullable(url);
    }
}
