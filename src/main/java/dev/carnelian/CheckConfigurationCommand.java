package dev.carnelian;

import io.dropwizard.core.cli.CheckCommand;
import io.dropwizard.core.cli.Cli;
import io.dropwizard.core.setup.Bootstrap;
import net.sourceforge.argparse4j.inf.Argument;
import net.sourceforge.argparse4j.inf.Namespace;
import net.sourceforge.argparse4j.inf.Subparser;

/** Says whether a configuration file would do, in one line. */
final class CheckConfigurationCommand extends CheckCommand<CarnelianConfiguration> {
    CheckConfigurationCommand(Carnelian application) {
        super(application);
    }

    @Override
    protected Argument addFileArgument(Subparser subparser) {
        return super.addFileArgument(subparser).setDefault(ConfigurationSource.DEFAULT);
    }

    @Override
    protected void run(
            Bootstrap<CarnelianConfiguration> bootstrap, Namespace namespace, CarnelianConfiguration configuration) {
        System.out.println("the configuration is right");
    }

    @Override
    public void onError(Cli cli, Namespace namespace, Throwable thrown) {
        cli.getStdErr().println("carnelian: " + Complaint.about(thrown));
    }
}
