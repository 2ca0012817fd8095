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
     * @param millis the database's time when the monotonic clock said {@code nanos}
     * @param error how far off it may be, in milliseconds
     */
    private record Reading(long millis, long nanos, long error) {
        long at(long nanoTime) {
            return millis + TimeUnit.NANOSECONDS.toMillis(nanoTime - nanos);
        }

        Reading corrected(long earliest, long latest, long nanoTime) {
            long guess = at(nanoTime);
            long right = Math.max(earliest, Math.min(guess, latest));
            long width = latest - earliest + ROUNDING_MILLIS;
            return new Reading(right, nanoTime, right == guess ? Math.min(error, width) : width);
        }
    }

    private volatile @Nullable Reading reading;

    /**
     * Asks the database.
     *
     * <p>Its answer is from some moment between the asking and the receipt, so at the receipt the time is what it says or
     * up to as much later as it took. What was known before stands as far as it agrees with that: an answer that took
     * seconds, as of a database that hung, so spoils nothing.
     */
    long read(Connection connection) throws SQLException {
        Reading last = reading;
        long before = System.nanoTime();
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
                ResultSet row = statement.executeQuery()) {
            row.next();
            long after = System.nanoTime();
            long earliest = row.getLong(1);
            long took = TimeUnit.NANOSECONDS.toMillis(after - before);
            reading = last == null
                    ? new Reading(earliest + took / 2, after, took + ROUNDING_MILLIS)
                    : last.corrected(earliest, earliest + took, after);
            return earliest;
        }
    }

    /** The database's time now, as far as the last reading tells; the local clock's before the first. */
    long millis() {
        Reading last = reading;
        return last == null ? System.currentTimeMillis() : last.at(System.nanoTime());
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
