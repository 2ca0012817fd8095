package dev.carnelian;

import dev.carnelian.database.Database;
import java.io.PrintWriter;
import net.sourceforge.argparse4j.inf.Namespace;

/** Brings the schema up to date and ends: a step of its own for deployments in which the nodes may not change it. */
final class MigrateCommand extends DatabaseCommand {
    MigrateCommand() {
        super("migrate", "Applies what is missing of sql/ to the database");
    }

    @Override
    void run(Namespace namespace, Database database, PrintWriter out) {
        int applied = database.migrate();
        out.println(applied == 0 ? "the schema is up to date" : applied + " migrations applied");
    }
}
