package dev.carnelian.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.ds.PGSimpleDataSource;

/** A new, migrated database on a real server; one server for each JVM of tests. */
public final class TestDatabase {
    private static final AtomicInteger COUNTER = new AtomicInteger();

    private final String url;

    private TestDatabase(String url) {
        this.url = url;
    }

    /** A database with the schema of {@code sql/}. */
    public static TestDatabase migrated() {
        TestDatabase database = empty();
        Migrations.apply(database.dataSource());
        return database;
    }

    /** A database with nothing in it. */
    public static TestDatabase empty() {
        String name = "test_" + COUNTER.incrementAndGet();
        Server.INSTANCE.createDatabase(name);
        return new TestDatabase(Server.INSTANCE.jdbcUrl(name));
    }

    public String jdbcUrl() {
        return url;
    }

    /** A source without a pool: every connection is a new session. */
    public PGSimpleDataSource dataSource() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(url);
        return dataSource;
    }

    private static final class Server {
        static final EmbeddedServer INSTANCE = start();

        private static EmbeddedServer start() {
            try {
                Path folder = Files.createTempDirectory("carnelian-test-postgres");
                EmbeddedServer server = EmbeddedServer.start(folder, Map.of());
                Runtime.getRuntime().addShutdownHook(new Thread(server::close));
                return server;
            } catch (IOException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }
}
