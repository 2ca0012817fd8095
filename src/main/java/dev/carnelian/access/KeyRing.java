package dev.carnelian.access;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.carnelian.access.KeyDao.KeyRow;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every key, in this node's memory. It is read again as the clock goes, and at once when a key is asked for that is not in
 * it; however many wrong keys come, one reading serves them all, so they cannot flood the database.
 */
final class KeyRing {
    private static final Logger LOG = LoggerFactory.getLogger(KeyRing.class);

    /** Longer than a change can take from its timestamp to its commit. */
    private static final Duration OVERLAP = Duration.ofMinutes(1);
    /** Rows that vanish, as a tenant's keys do with it, are noticed by reading all. */
    private static final Duration READ_ALL_EVERY = Duration.ofMinutes(1);

    private static final Duration BETWEEN_READINGS = Duration.ofMillis(50);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration WAIT_FOR_READING = Duration.ofSeconds(2);
    /** Beyond these, callers are sent away, so that unknown keys never hold all threads while the database is slow. */
    private static final int MOST_WAITING = 100;

    private final Jdbi jdbi;
    private final Duration maxStaleness;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile @Nullable Snapshot snapshot;
    private volatile long failedAt = System.nanoTime() - AFTER_FAILURE.toNanos();
    private long readAllAt;

    KeyRing(Jdbi jdbi, Duration maxStaleness) {
        this.jdbi = jdbi;
        this.maxStaleness = maxStaleness;
    }

    /** A key, whose it is, and whether the database would say that its time is over. */
    record Found(KeyRow row, Caller caller, boolean expired) {}

    private record Known(KeyRow row, Caller caller) {}

    /**
     * @throws KeysUnavailableException if the key is not known here and the database cannot be asked, or not for too long
     */
    Optional<Found> find(String hash) {
        long asked = System.nanoTime();
        Snapshot known = snapshot;
        if (known != null && known.isYoungerThan(maxStaleness)) {
            Optional<Found> found = known.find(hash);
            if (found.isPresent()) {
                return found;
            }
        }
        return readSince(asked).find(hash);
    }

    /** Reads what has changed; a failure leaves what is known. */
    void refresh() {
        try {
            readSince(System.nanoTime());
        } catch (KeysUnavailableException e) {
            LOG.warn("the keys could not be read; those known still work for a while: {}", e.getMessage());
        }
    }

    /** A snapshot whose reading began after the given moment. */
    private Snapshot readSince(long moment) {
        if (System.nanoTime() - failedAt < AFTER_FAILURE.toNanos()) {
            throw new KeysUnavailableException("the database could not be asked about keys a moment ago", null);
        }
        if (reading.getQueueLength() >= MOST_WAITING) {
            throw new KeysUnavailableException("too many wait for the keys to be read", null);
        }
        boolean mine = false;
        try {
            mine = reading.tryLock(WAIT_FOR_READING.toMillis(), TimeUnit.MILLISECONDS);
            if (!mine) {
                throw new KeysUnavailableException("the reading of the keys takes too long", null);
            }
            Snapshot current = snapshot;
            if (current != null && current.readAt() - moment > 0) {
                return current;
            }
            pause(current);
            return read(current);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KeysUnavailableException("interrupted while waiting for the keys", e);
        } finally {
            if (mine) {
                reading.unlock();
            }
        }
    }

    private static void pause(@Nullable Snapshot current) throws InterruptedException {
        if (current != null) {
            long since = System.nanoTime() - current.readAt();
            TimeUnit.NANOSECONDS.sleep(BETWEEN_READINGS.toNanos() - since);
        }
    }

    private Snapshot read(@Nullable Snapshot current) {
        long now = System.nanoTime();
        boolean all = current == null || now - readAllAt > READ_ALL_EVERY.toNanos();
        try {
            Snapshot next = jdbi.withExtension(KeyDao.class, dao -> read(dao, all ? null : current, now));
            readAllAt = all ? now : readAllAt;
            snapshot = next;
            return next;
        } catch (RuntimeException e) {
            failedAt = System.nanoTime();
            throw new KeysUnavailableException("the database cannot be asked about keys: " + e.getMessage(), e);
        }
    }

    private static Snapshot read(KeyDao dao, @Nullable Snapshot base, long now) {
        Instant databaseTime = dao.now();
        if (base == null) {
            return new Snapshot(Map.of(), databaseTime, now).with(dao.all(), databaseTime, now);
        }
        return base.with(dao.changedSince(base.databaseTime().minus(OVERLAP)), databaseTime, now);
    }

    /** Immutable. {@code readAt} is {@link System#nanoTime}. */
    private record Snapshot(Map<String, Known> byHash, Instant databaseTime, long readAt) {
        Snapshot with(List<KeyRow> changed, Instant time, long read) {
            if (changed.isEmpty()) {
                return new Snapshot(byHash, time, read);
            }
            Map<String, Known> next = new HashMap<>(byHash);
            changed.forEach(row -> next.put(row.hashHex(), new Known(row, row.toCaller())));
            return new Snapshot(next, time, read);
        }

        Optional<Found> find(String hash) {
            Known known = byHash.get(hash);
            if (known == null || !isSame(known.row().hashHex(), hash)) {
                return Optional.empty();
            }
            Instant now = databaseTime.plusNanos(System.nanoTime() - readAt);
            Instant end = known.row().expiresAt();
            return Optional.of(new Found(known.row(), known.caller(), end != null && !end.isAfter(now)));
        }

        /** In constant time, though a map of hashes has already told apart all but equal ones. */
        private static boolean isSame(String one, String other) {
            return MessageDigest.isEqual(one.getBytes(US_ASCII), other.getBytes(US_ASCII));
        }

        boolean isYoungerThan(Duration age) {
            return System.nanoTime() - readAt < age.toNanos();
        }
    }
}
