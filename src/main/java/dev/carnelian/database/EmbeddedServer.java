package dev.carnelian.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server of our own in a folder, for a laptop, a demo and the tests. Durable: a commit is on disk when it
 * returns.
 *
 * <p>A server that outlived the process that started it (after a kill -9) is found by its pid file and used again.
 */
public final class EmbeddedServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedServer.class);
    private static final String SUPERUSER = "postgres";

    private final int port;
    private final Optional<EmbeddedPostgres> started;

    private EmbeddedServer(int port, Optional<EmbeddedPostgres> started) {
        this.port = port;
        this.started = started;
    }

    /**
     * Starts the server of a folder, or joins it when it is already running.
     *
     * @param folder where its data is kept; made when missing
     * @param settings server settings beyond the durable defaults, such as {@code max_connections}
     */
    public static EmbeddedServer start(Path folder, Map<String, String> settings) {
        Path data = folder.toAbsolutePath().resolve("postgres");
        Optional<Integer> running = runningPort(data);
        if (running.isPresent()) {
            LOG.info("joining the embedded PostgreSQL that already runs on port {}", running.get());
            return new EmbeddedServer(running.get(), Optional.empty());
        }
        try {
            Files.createDirectories(data.getParent());
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setOverrideWorkingDirectory(folder.toFile())
                    .setCleanDataDirectory(false)
                    // The owner closes it, in its own order: after the jobs that still run on it.
                    .setRegisterShutdownHook(false)
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setServerConfig("max_connections", "200")
                    // The library turns these off, as most of its users only test.
                    .setServerConfig("fsync", "on")
                    .setServerConfig("full_page_writes", "on")
                    .setServerConfig("synchronous_commit", "on");
            settings.forEach(builder::setServerConfig);
            EmbeddedPostgres server = builder.start();
            return new EmbeddedServer(server.getPort(), Optional.of(server));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the embedded PostgreSQL in " + folder + " did not start: " + e.getMessage()
                            + "; set CARNELIAN_DATABASE_URL to use a server of your own",
                    e);
        }
    }

    /** The JDBC address of a database of this server, as its superuser, who needs no password on loopback. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://localhost:" + port + "/" + database + "?user=" + SUPERUSER;
    }

    /** The user that owns everything in this server. */
    public String user() {
        return SUPERUSER;
    }

    /** Makes the database unless it exists. */
    public void createDatabase(String name) {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(SUPERUSER));
                var statement = connection.createStatement();
                var found = statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + name + "'")) {
            if (!found.next()) {
                statement.execute("CREATE DATABASE " + name);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("could not create database " + name, e);
        }
    }

    /** Stops the server if this process started it. */
    @Override
    public void close() {
        started.ifPresent(server -> {
            try {
                server.close();
            } catch (IOException e) {
                LOG.warn("the embedded PostgreSQL did not stop cleanly; it recovers at its next start", e);
            }
        });
    }

    /** Line 1 of postmaster.pid is the server's pid, line 4 its port; the file outlives a server that crashed. */
    private static Optional<Integer> runningPort(Path data) {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.isRegularFile(pidFile)) {
            return Optional.empty();
        }
        try {
            List<String> lines = Files.readAllLines(pidFile);
            if (lines.size() < 4) {
                return Optional.empty();
            }
            long pid = Long.parseLong(lines.get(0).trim());
            int port = Integer.parseInt(lines.get(3).trim());
            boolean alive = ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
            return alive && answers(port) ? Optional.of(port) : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static boolean answers(int port) {
        String url = "jdbc:postgresql://localhost:" + port + "/postgres?user=" + SUPERUSER + "&connectTimeout=5";
        try (Connection connection = DriverManager.getConnection(url)) {
            return connection.isValid(5);
        } catch (SQLException e) {
            return false;
        }
    }
}
