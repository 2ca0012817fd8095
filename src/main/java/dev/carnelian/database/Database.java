package dev.carnelian.database;

import com.codahale.metrics.MetricRegistry;
import io.dropwizard.db.DataSourceFactory;
import io.dropwizard.db.ManagedDataSource;
import io.dropwizard.util.Duration;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PostgreSQL this node works with: a server of its own in a folder, or one that is given by its address.
 *
 * <p>Every session has bounds: no wait for a connection, an answer, a statement, a lock, or the rest of a transaction is
 * without end.
 */
public final class Database implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Database.class);

    /**
     * PostgreSQL options for sessions of the job store. Its tables are empty one moment and full the next, so statistics
     * mislead: every statement is to look up one row after the other by its index, planned once, for any parameters.
     */
    public static final String STORE_PLANS = "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off"
            + " -c enable_mergejoin=off -c enable_material=off -c jit=off -c plan_cache_mode=force_generic_plan";

    private static final String EMBEDDED_NAME = "carnelian";
    private static final Duration POOL_WAIT = Duration.seconds(3);
    private static final java.time.Duration START_WAIT = java.time.Duration.ofSeconds(60);
    private static final long START_POLL_MILLIS = 1_000;
    /** Connection refused or lost, no session to be had, server starting or going down. */
    private static final List<String> AWAY = List.of("08", "53", "57P");

    private final DatabaseConfiguration configuration;
    private final Optional<EmbeddedServer> embedded;
    private final String url;

    private Database(DatabaseConfiguration configuration, Optional<EmbeddedServer> embedded) {
        this.configuration = configuration;
        this.embedded = embedded;
        this.url = embedded.map(server -> server.jdbcUrl(EMBEDDED_NAME)).orElse(configuration.url());
    }

    /**
     * Starts the embedded server, or waits up to a minute until the given one answers.
     *
     * @throws IllegalStateException if it does not; the message says what to do
     */
    public static Database open(DatabaseConfiguration configuration) {
        Optional<EmbeddedServer> server = configuration.isEmbedded()
                ? Optional.of(EmbeddedServer.start(Path.of(configuration.folder()), Map.of()))
                : Optional.empty();
        server.ifPresent(started -> started.createDatabase(EMBEDDED_NAME));
        Database database = new Database(configuration, server);
        try {
            database.awaitAnswer();
            return database;
        } catch (IllegalStateException e) {
            database.close();
            throw e;
        }
    }

    private void awaitAnswer() {
        try {
            var unused = atStart(() -> {
                try (Connection connection = session()) {
                    warnUnlessDurable(connection);
                    return true;
                } catch (SQLException e) {
                    throw new IllegalStateException(e.getMessage(), e);
                }
            });
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    "the database at " + withoutParameters() + " cannot be used (" + e.getMessage()
                            + "); check CARNELIAN_DATABASE_URL, CARNELIAN_DATABASE_USER and CARNELIAN_DATABASE_PASSWORD",
                    e);
        }
    }

    /**
     * Does what a node cannot work without, again and again for up to a minute while the database is away: it may go away
     * between two steps of a start as well as before the first.
     *
     * @param step repeatable
     */
    public <T> T atStart(Supplier<T> step) {
        long until = System.nanoTime() + START_WAIT.toNanos();
        for (boolean first = true; true; first = false) {
            try {
                return step.get();
            } catch (RuntimeException e) {
                if (!isAway(e) || System.nanoTime() > until) {
                    throw e;
                }
                if (first) {
                    LOG.info("waiting up to {} for the database: {}", START_WAIT, e.getMessage());
                }
                pause();
            }
        }
    }

    private static boolean isAway(Throwable failure) {
        return ExceptionUtils.stream(failure)
                .filter(SQLException.class::isInstance)
                .map(cause -> ((SQLException) cause).getSQLState())
                .anyMatch(state -> state != null && AWAY.stream().anyMatch(state::startsWith));
    }

    private static void pause() {
        try {
            Thread.sleep(START_POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the database", e);
        }
    }

    private static void warnUnlessDurable(Connection connection) throws SQLException {
        String sql = "SELECT name FROM pg_settings"
                + " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                LOG.warn(
                        "the database runs with {} = off: jobs that were accepted can be lost when it crashes;"
                                + " turn it on",
                        row.getString(1));
            }
        }
    }

    private String withoutParameters() {
        return url.replaceFirst("\\?.*", "");
    }

    /** Applies what is missing of {@code sql/}; answers how many files. */
    public int migrate() {
        return Migrations.apply(sessions());
    }

    /** Whether every file of {@code sql/} in this jar has been applied. */
    public boolean isMigrated() {
        return Migrations.isCurrent(sessions());
    }

    /** For one-off commands: every handle is a session of its own. */
    public Jdbi jdbi() {
        return Jdbi.create(sessions())
                .installPlugin(new SqlObjectPlugin())
                .installPlugin(new PostgresPlugin())
                .installPlugin(new PlainFailures());
    }

    /** The pool for requests and everything else that is not the job store. */
    public DataSourceFactory requestPool() {
        // A process that freezes inside a transaction blocks whoever repeats its work: sooner than that one gives up.
        return pool(configuration.connections(), "10s", "5s", "3s");
    }

    /**
     * The job store's own pool, so that requests cannot starve claims, completions and check-ins. A process that freezes
     * inside a transaction of the store holds up all nodes, so the server ends such a session soon.
     *
     * @param size connections
     */
    public ManagedDataSource storePool(MetricRegistry metrics, int size) {
        return pool(size, "8s", "8s", "3s " + STORE_PLANS).build(metrics, "jobstore");
    }

    private DataSourceFactory pool(int size, String statementTimeout, String lockTimeout, String idleTimeout) {
        DataSourceFactory pool = new DataSourceFactory();
        pool.setDriverClass("org.postgresql.Driver");
        pool.setUrl(url);
        if (!configuration.user().isEmpty()) {
            pool.setUser(configuration.user());
            pool.setPassword(configuration.password().reveal());
        }
        pool.setProperties(new HashMap<>(Map.of(
                "ApplicationName", "carnelian",
                "connectTimeout", "3",
                "loginTimeout", "5",
                "socketTimeout", "12",
                "tcpKeepAlive", "true",
                // Else a failure's message shows the row it is about, and a batch's its statements.
                "logServerErrorDetail", "false",
                "options",
                        "-c statement_timeout=" + statementTimeout + " -c lock_timeout=" + lockTimeout
                                + " -c idle_in_transaction_session_timeout=" + idleTimeout)));
        pool.setInitialSize(0);
        pool.setMinSize(Math.min(2, size));
        pool.setMaxSize(size);
        pool.setMaxWaitForConnection(POOL_WAIT);
        // With its comments, JDBI would parse a statement anew each time.
        pool.setAutoCommentsEnabled(false);
        pool.setCheckConnectionOnBorrow(true);
        // A connection that worked a second ago is taken to work still; one that does not fails its request, not its
        // peers.
        pool.setValidationInterval(Duration.seconds(1));
        pool.setValidationQueryTimeout(Duration.seconds(3));
        pool.setEvictionInterval(Duration.seconds(10));
        pool.setMinIdleTime(Duration.minutes(1));
        return pool;
    }

    /** Opens a session outside any pool. */
    public Connection session() throws SQLException {
        return sessions().getConnection();
    }

    private PGSimpleDataSource sessions() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(url);
        source.setApplicationName("carnelian");
        source.setConnectTimeout(3);
        source.setLoginTimeout(5);
        source.setTcpKeepAlive(true);
        source.setLogServerErrorDetail(false);
        if (!configuration.user().isEmpty()) {
            source.setUser(configuration.user());
            source.setPassword(configuration.password().reveal());
        }
        return source;
    }

    /** Stops the embedded server if this process started it. */
    @Override
    public void close() {
        embedded.ifPresent(EmbeddedServer::close);
    }
}
