package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The database's clock, in milliseconds since 1970. Between two readings it is carried on by the monotonic clock, so a
 * local clock that is wrong or jumps decides nothing. Thread-safe.
 */
final class DatabaseClock {
    /** The database's answer, the time since and the local clock are each rounded to a millisecond. */
    private static final long ROUNDING_MILLIS = 3;

    /**
     * @param error how far off it may be, in milliseconds
     */
    private record Reading(long millis, long nanos, long error) {}

    private volatile @Nullable Reading reading;

    /** Asks the database. */
    long read(Connection connection) throws SQLException {
        long before = System.nanoTime();
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
                ResultSet row = statement.executeQuery()) {
            row.next();
            long millis = row.getLong(1);
            // The answer was made somewhere between sending and receiving; half way is the best guess.
            long half = (System.nanoTime() - before) / 2;
            reading = new Reading(millis, before + half, TimeUnit.NANOSECONDS.toMillis(half) + ROUNDING_MILLIS);
            return millis;
        }
    }

    /** The database's time now, as far as the last reading tells; the local clock's before the first. */
    long millis() {
        Reading last = reading;
        return last == null
                ? System.currentTimeMillis()
                : last.millis() + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - last.nanos());
    }

    /** The same, asking the database first if it never was. */
    long millis(Connection connection) throws SQLException {
        return reading == null ? read(connection) : millis();
    }

    /**
     * How far the local clock is behind the database's; negative when it is ahead, zero when the two are as one as far as
     * the reading can tell. So a trigger that is due at the very millisecond asked for is not missed by one.
     */
    long localLag() {
        Reading last = reading;
        long lag = millis() - System.currentTimeMillis();
        return last == null || Math.abs(lag) <= last.error() ? 0 : lag;
    }
}
