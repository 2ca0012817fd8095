package dev.carnelian;

import dev.carnelian.access.ApiKeys;
import dev.carnelian.access.Scope;
import dev.carnelian.job.TenantId;
import io.dropwizard.core.setup.Bootstrap;
import io.dropwizard.core.setup.Environment;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import net.sourceforge.argparse4j.inf.Namespace;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

/**
 * The first minute with Carnelian: starts a node, makes a key, and processes documents through the API as any client
 * would. As {@code demo} it ends then; as {@code up} it goes on serving.
 */
final class UpCommand extends ServeCommand {
    private static final TenantId TENANT = new TenantId("demo");

    private final Carnelian application;
    private final boolean endsAfterJob;
    private @Nullable Server server;

    UpCommand(Carnelian application, String name, String description) {
        super(application, Role.SERVER, name, description);
        this.application = application;
        this.endsAfterJob = name.equals("demo");
    }

    @Override
    protected void run(
            Bootstrap<CarnelianConfiguration> bootstrap, Namespace namespace, CarnelianConfiguration configuration)
            throws Exception {
        Quiet.unlessAskedOtherwise();
        System.out.println("Starting Carnelian"
                + (configuration.database().isEmbedded() ? " with its embedded PostgreSQL" : "") + " ...");
        super.run(bootstrap, namespace, configuration);
        Path keyFile = Path.of(configuration.database().folder(), "api-key");
        String key = key(application.parts().keys(), keyFile);
        introduce(key);
    }

    @Override
    protected void run(Environment environment, Namespace namespace, CarnelianConfiguration configuration)
            throws Exception {
        environment.lifecycle().addServerLifecycleListener(started -> server = started);
        super.run(environment, namespace, configuration);
    }

    private void introduce(String key) throws IOException, InterruptedException {
        String address = "http://localhost:" + port() + "/v1/api";
        SampleJob sample = new SampleJob(address, key, System.out);
        boolean completed = sample.run();
        PrintStream out = System.out;
        out.println();
        out.println("API   " + address);
        out.println("Key   " + key);
        out.println("Try   curl -H 'Authorization: Bearer " + key + "' " + address + "/jobs");
        if (endsAfterJob) {
            System.exit(completed ? 0 : 1);
        }
        out.println("Serving; stop with Ctrl-C.");
    }

    private int port() {
        if (server != null && server.getConnectors()[0] instanceof NetworkConnector application) {
            return application.getLocalPort();
        }
        throw new IllegalStateException("the server has no application connector");
    }

    /** The key of the last start if it still works, so that the line to copy stays the same; else a new one. */
    private static String key(ApiKeys keys, Path file) throws IOException {
        if (Files.isReadable(file)) {
            String known = Files.readString(file).strip();
            if (keys.authenticate(known) instanceof dev.carnelian.access.Authentication.Accepted) {
                return known;
            }
        }
        String key = keys.create(TENANT, "made by up", EnumSet.complementOf(EnumSet.of(Scope.ADMIN)), null)
                .key();
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, key + "\n");
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        return key;
    }
}
