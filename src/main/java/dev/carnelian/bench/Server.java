package dev.carnelian.bench;

import dev.carnelian.database.EmbeddedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The PostgreSQL of the benchmark, durable as any, in a temporary folder; each measurement gets a new database. */
final class Server implements AutoCloseable {
    /** Enough not to be what is measured, the same for all. */
    static final Map<String, String> SETTINGS =
            new TreeMap<>(Map.of("shared_buffers", "512MB", "max_wal_size", "8GB", "checkpoint_timeout", "30min"));

    private static final String NAME = "bench";

    private final Path folder;
    private final EmbeddedServer postgres;

    private Server(Path folder, EmbeddedServer postgres) {
        this.folder = folder;
        this.postgres = postgres;
    }

    static Server start() throws IOException {
        Path folder = Files.createTempDirectory("carnelian-bench-");
        return new Server(folder, EmbeddedServer.start(folder, SETTINGS));
    }

    /** For what a measurement leaves behind. */
    Path folder() {
        return folder;
    }

    /** Throws the last database away and makes a new one; answers its address. */
    String freshDatabase() throws SQLException {
        Sql.execute(postgres.jdbcUrl("postgres"), "DROP DATABASE IF EXISTS " + NAME + " WITH (FORCE)");
        postgres.createDatabase(NAME);
        return postgres.jdbcUrl(NAME);
    }

    /** Brings the database to where a server is a while after a load, so that no vacuum or checkpoint falls into a run. */
    static void settle(String url) throws SQLException {
        Sql.execute(url, "VACUUM ANALYZE", "CHECKPOINT");
    }

    String version() throws SQLException {
        try (Connection connection = Sql.source(postgres.jdbcUrl("postgres")).getConnection()) {
            return connection.getMetaData().getDatabaseProductVersion();
        }
    }

    @Override
    public void close() {
        postgres.close();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException("what is left in " + folder + " can be deleted", e);
        }
    }
}
