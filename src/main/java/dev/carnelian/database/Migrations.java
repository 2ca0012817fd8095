package dev.carnelian.database;

import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;

/** Brings a database's schema up to what this jar expects, from the files of {@code sql/} packed into it. */
public final class Migrations {
    private Migrations() {}

    /**
     * Applies what is missing, in order, each file in its own transaction. Safe to run from several processes at once:
     * one migrates, the others wait for it. A statement that cannot get its lock within two seconds gives up, so that a
     * migration never queues the whole cluster behind itself.
     *
     * @return how many files were applied
     */
    public static int apply(DataSource dataSource) {
        return flyway(dataSource).migrate().migrationsExecuted;
    }

    /** Whether every file of this jar has been applied. */
    public static boolean isCurrent(DataSource dataSource) {
        return flyway(dataSource).info().pending().length == 0;
    }

    private static Flyway flyway(DataSource dataSource) {
        return Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(dataSource)
                .locations("classpath:carnelian/sql")
                .sqlMigrationPrefix("V")
                .table("schema_history")
                .callbacks(new ImpatientForLocks())
                .validateMigrationNaming(true)
                .load();
    }

    private static final class ImpatientForLocks implements Callback {
        @Override
        public boolean supports(Event event, Context context) {
            return event == Event.AFTER_CONNECT;
        }

        @Override
        public boolean canHandleInTransaction(Event event, Context context) {
            return true;
        }

        @Override
        public void handle(Event event, Context context) {
            try (Statement statement = context.getConnection().createStatement()) {
                statement.execute("SET lock_timeout = '2s'");
            } catch (SQLException e) {
                throw new FlywayException("could not set lock_timeout", e);
            }
        }

        @Override
        public String getCallbackName() {
            return "lock_timeout";
        }
    }
}
