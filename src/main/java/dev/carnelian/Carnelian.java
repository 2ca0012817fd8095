package dev.carnelian;

import dev.carnelian.bench.BenchCommand;
import io.dropwizard.core.Application;
import io.dropwizard.core.setup.Bootstrap;
import io.dropwizard.core.setup.Environment;
import org.jspecify.annotations.Nullable;

/** Background jobs over REST, clustered. Starts a process in the role that its first argument names. */
public final class Carnelian extends Application<CarnelianConfiguration> {
    private Role role = Role.SERVER;
    private @Nullable Wiring wiring;
    private Wiring.@Nullable Parts parts;

    public static void main(String[] arguments) throws Exception {
        new Carnelian().run(arguments);
    }

    @Override
    public String getName() {
        return "carnelian";
    }

    /** What the process is for; set before {@link #run(CarnelianConfiguration, Environment)}. */
    void setRole(Role role) {
        this.role = role;
    }

    /** The running parts, once the process has been wired. */
    Wiring.Parts parts() {
        if (parts == null) {
            throw new IllegalStateException("not wired yet");
        }
        return parts;
    }

    /** Closes what a failed start has opened. */
    void abandon() {
        if (wiring != null) {
            wiring.abandon();
        }
    }

    @Override
    public void initialize(Bootstrap<CarnelianConfiguration> bootstrap) {
        bootstrap.setConfigurationSourceProvider(ConfigurationSource.provider());
    }

    @Override
    protected void addDefaultCommands(Bootstrap<CarnelianConfiguration> bootstrap) {
        bootstrap.addCommand(
                new UpCommand(this, "up", "Starts a node with its own PostgreSQL, runs a sample job, goes on serving"));
        bootstrap.addCommand(new UpCommand(this, "demo", "Like up, but ends after the job"));
        bootstrap.addCommand(new ServeCommand(this, Role.SERVER));
        bootstrap.addCommand(new ServeCommand(this, Role.WORKER));
        bootstrap.addCommand(new MigrateCommand());
        bootstrap.addCommand(new KeyCommand());
        bootstrap.addCommand(new CheckConfigurationCommand(this));
        bootstrap.addCommand(new BenchCommand());
    }

    @Override
    public void run(CarnelianConfiguration configuration, Environment environment) {
        wiring = new Wiring(configuration, environment, role);
        parts = wiring.wire();
    }
}
