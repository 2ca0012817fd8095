package dev.carnelian.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to channels of the database on a connection of its own, which it opens again whenever it is lost.
 *
 * <p>What is sent while the connection is down is lost; {@code onConnect} is the moment to look for oneself.
 */
public final class Notifications implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    private static final int POLL_MILLIS = 500;
    private static final Duration PAUSE_AFTER_LOSS = Duration.ofSeconds(1);
    // A half-open connection looks like a silent one; asking now and then finds out.
    private static final int POLLS_BETWEEN_CHECKS = 10;

    private final ConnectionSource source;
    private final List<String> channels;
    private final BiConsumer<String, String> onNotification;
    private final Runnable onConnect;
    private final Thread thread;
    private volatile boolean closed;

    /** Opens a new session, outside any pool. */
    public interface ConnectionSource {
        Connection open() throws SQLException;
    }

    private Notifications(
            ConnectionSource source,
            Collection<String> channels,
            BiConsumer<String, String> onNotification,
            Runnable onConnect) {
        this.source = source;
        this.channels = List.copyOf(channels);
        this.onNotification = onNotification;
        this.onConnect = onConnect;
        this.thread = new Thread(this::listen, "notifications");
        this.thread.setDaemon(true);
    }

    /**
     * Starts to listen.
     *
     * @param channels plain SQL identifiers
     * @param onNotification called with channel and payload on the listening thread; must return soon
     * @param onConnect called on the same thread each time the connection stands
     */
    public static Notifications listen(
            ConnectionSource source,
            Collection<String> channels,
            BiConsumer<String, String> onNotification,
            Runnable onConnect) {
        Notifications notifications = new Notifications(source, channels, onNotification, onConnect);
        notifications.thread.start();
        return notifications;
    }

    private void listen() {
        boolean told = false;
        while (!closed) {
            try (Connection connection = source.open()) {
                subscribe(connection);
                told = false;
                onConnect.run();
                receive(connection);
            } catch (SQLException | RuntimeException e) {
                if (!closed && !told) {
                    LOG.warn(
                            "the listening connection was lost; until it is back, polls find new work: {}",
                            e.getMessage());
                    told = true;
                }
                pause();
            }
        }
    }

    private void subscribe(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String channel : channels) {
                statement.execute("LISTEN " + channel);
            }
        }
    }

    private void receive(Connection connection) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        for (int polls = 1; !closed; polls++) {
            PGNotification[] received = postgres.getNotifications(POLL_MILLIS);
            if (received != null) {
                for (PGNotification notification : received) {
                    onNotification.accept(notification.getName(), notification.getParameter());
                }
            }
            if (polls % POLLS_BETWEEN_CHECKS == 0 && !connection.isValid(2)) {
                throw new SQLException("the server no longer answers");
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE_AFTER_LOSS.toMillis());
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
