package dev.carnelian;

import io.dropwizard.core.cli.Cli;
import io.dropwizard.core.cli.ServerCommand;
import io.dropwizard.core.server.DefaultServerFactory;
import io.dropwizard.core.setup.Bootstrap;
import java.util.List;
import net.sourceforge.argparse4j.inf.Argument;
import net.sourceforge.argparse4j.inf.Namespace;
import net.sourceforge.argparse4j.inf.Subparser;

/** Runs a node until it is told to stop. A worker opens its admin port only. */
class ServeCommand extends ServerCommand<CarnelianConfiguration> {
    private final Carnelian application;
    private final Role role;

    ServeCommand(Carnelian application, Role role) {
        this(
                application,
                role,
                role.wireName(),
                role == Role.SERVER ? "Serves the API and runs jobs" : "Only runs jobs");
    }

    ServeCommand(Carnelian application, Role role, String name, String description) {
        super(application, name, description);
        this.application = application;
        this.role = role;
    }

    @Override
    protected Argument addFileArgument(Subparser subparser) {
        return super.addFileArgument(subparser).setDefault(ConfigurationSource.DEFAULT);
    }

    @Override
    protected void run(
            Bootstrap<CarnelianConfiguration> bootstrap, Namespace namespace, CarnelianConfiguration configuration)
            throws Exception {
        application.setRole(role);
        if (role == Role.WORKER && configuration.getServerFactory() instanceof DefaultServerFactory server) {
            server.setApplicationConnectors(List.of());
        }
        try {
            super.run(bootstrap, namespace, configuration);
        } catch (Exception e) {
            application.abandon();
            throw e;
        }
    }

    @Override
    public void onError(Cli cli, Namespace namespace, Throwable thrown) {
        cli.getStdErr().println("carnelian: " + Complaint.about(thrown));
    }
}
