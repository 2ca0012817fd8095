package dev.carnelian.database;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

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
                .initSql("SET lock_timeout = '2s'")
                .validateMigrationNaming(true)
                .load();
    }
}
