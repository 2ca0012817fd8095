package dev.carnelian;

import dev.carnelian.database.Database;
import io.dropwizard.core.cli.Cli;
import io.dropwizard.core.cli.ConfiguredCommand;
import io.dropwizard.core.setup.Bootstrap;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import net.sourceforge.argparse4j.inf.Argument;
import net.sourceforge.argparse4j.inf.Namespace;
import net.sourceforge.argparse4j.inf.Subparser;

/** A command that does something to the database and ends. */
abstract class DatabaseCommand extends ConfiguredCommand<CarnelianConfiguration> {
    DatabaseCommand(String name, String description) {
        super(name, description);
    }

    @Override
    protected Class<CarnelianConfiguration> getConfigurationClass() {
        return CarnelianConfiguration.class;
    }

    @Override
    protected Argument addFileArgument(Subparser subparser) {
        return super.addFileArgument(subparser).setDefault(ConfigurationSource.DEFAULT);
    }

    @Override
    protected void run(
            Bootstrap<CarnelianConfiguration> bootstrap, Namespace namespace, CarnelianConfiguration configuration) {
        Quiet.unlessAskedOtherwise();
        try (Database database = Database.open(configuration.database())) {
            PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
            run(namespace, database, out);
            out.flush();
        }
    }

    abstract void run(Namespace namespace, Database database, PrintWriter out);

    @Override
    public void onError(Cli cli, Namespace namespace, Throwable thrown) {
        cli.getStdErr().println("carnelian: " + Complaint.about(thrown));
    }
}
