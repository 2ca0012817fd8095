package dev.carnelian.transfer;

import dev.carnelian.database.Notifications.ConnectionSource;
import dev.carnelian.database.PlainFailures;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * A session of one attempt. The pool's sessions are bound to the seconds a request may take; what is copied here takes as
 * long as the attempt may, and no wait within it is without end.
 */
final class TransferSession implements AutoCloseable {
    /** The longest silence of the server. */
    private static final Duration SILENCE = Duration.ofMinutes(2);

    private final Handle handle;

    /**
     * @param longest what one statement may take, at least a second
     */
    TransferSession(ConnectionSource source, Duration longest) throws SQLException {
        this.handle =
                Jdbi.create(source::open).installPlugin(new PlainFailures()).open();
        try {
            handle.getConnection().setNetworkTimeout(Runnable::run, Math.toIntExact(SILENCE.toMillis()));
            set(Map.of(
                    "statement_timeout", Math.max(1_000, longest.toMillis()) + "ms",
                    "lock_timeout", "30s",
                    "idle_in_transaction_session_timeout", "60s",
                    "TimeZone", "UTC"));
        } catch (SQLException | RuntimeException e) {
            close();
            throw e;
        }
    }

    Handle handle() {
        return handle;
    }

    CopyManager copies() throws SQLException {
        Connection connection = handle.getConnection();
        return connection.unwrap(PGConnection.class).getCopyAPI();
    }

    /** Sets parameters of the session, whose names are constants and whose values are bound. */
    void set(Map<String, String> parameters) {
        parameters.forEach((name, value) -> handle.createQuery("SELECT set_config(:name, :value, false)")
                .bind("name", name)
                .bind("value", value)
                .mapTo(String.class)
                .one());
    }

    /** Ends the session, and with it whatever it has not committed. */
    @Override
    public void close() {
        try {
            // The handle would complain of a transaction that is left open; ending the session undoes it.
            handle.getConnection().close();
        } catch (SQLException e) {
            throw new IllegalStateException("the session cannot be closed", e);
        }
    }
}
