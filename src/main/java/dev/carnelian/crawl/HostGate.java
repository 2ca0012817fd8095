package dev.carnelian.crawl;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one request at a time go to a host, and the next one no sooner than the delay after it, whichever node, job or
 * tenant sends them. The database's clock decides. Thread-safe.
 */
final class HostGate {
    private static final Logger LOG = LoggerFactory.getLogger(HostGate.class);

    /** A node that dies during a request keeps the host closed for this long. */
    private static final Duration LONGEST_REQUEST = Duration.ofSeconds(10);

    private static final Duration SHORTEST_WAIT = Duration.ofMillis(10);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Jdbi jdbi;

    HostGate(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Leave to send one request, to be closed when its answer is there. */
    final class Turn implements AutoCloseable {
        private final String host;
        private final UUID holder;
        private final Duration delay;

        private Turn(String host, UUID holder, Duration delay) {
            this.host = host;
            this.holder = holder;
            this.delay = delay;
        }

        /** Counts the delay from now, so the next request begins no sooner than that after this one ended. */
        @Override
        public void close() {
            try {
                var unused = jdbi.withExtension(Dao.class, dao -> dao.release(host, holder, delay.toMillis()));
            } catch (RuntimeException e) {
                LOG.warn("could not open {} to the next request; it opens by itself within seconds", host, e);
            }
        }
    }

    /** A turn, if the host may be asked now. */
    Optional<Turn> take(String host, Duration delay) {
        UUID holder = UUID.randomUUID();
        long hold = delay.plus(LONGEST_REQUEST).toMillis();
        boolean taken = jdbi.withExtension(Dao.class, dao -> dao.take(host, holder, hold)) == 1;
        return taken ? Optional.of(new Turn(host, holder, delay)) : Optional.empty();
    }

    /** How long to wait before asking again: not as long as the request under way may take at worst. */
    Duration waitFor(String host, Duration delay) {
        long millis =
                jdbi.withExtension(Dao.class, dao -> dao.millisToNext(host)).orElse(0L);
        Duration most = shorter(delay, LONGEST_WAIT);
        Duration wait = shorter(Duration.ofMillis(millis), most);
        return wait.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : wait;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** Forgets hosts that nobody has asked for an hour. */
    int deleteOld(int batch) {
        return jdbi.withExtension(Dao.class, dao -> dao.deleteOld(batch));
    }

    interface Dao {
        @SqlUpdate("""
                INSERT INTO crawl_hosts AS h (host, next_at, holder)
                VALUES (:host, clock_timestamp() + :holdMillis * interval '1 ms', :holder)
                ON CONFLICT (host) DO UPDATE
                SET next_at = clock_timestamp() + :holdMillis * interval '1 ms', holder = excluded.holder
                WHERE h.next_at <= clock_timestamp()""")
        int take(String host, UUID holder, long holdMillis);

        @SqlUpdate("""
                UPDATE crawl_hosts
                SET next_at = clock_timestamp() + :delayMillis * interval '1 ms', holder = NULL
                WHERE host = :host AND holder = :holder""")
        int release(String host, UUID holder, long delayMillis);

        @SqlQuery("""
                SELECT ceil(extract(epoch FROM next_at - clock_timestamp()) * 1000)::bigint
                FROM crawl_hosts WHERE host = :host""")
        Optional<Long> millisToNext(String host);

        @SqlUpdate("""
                WITH old AS MATERIALIZED (
                    SELECT host FROM crawl_hosts WHERE next_at < now() - interval '1 hour'
                    LIMIT :batch FOR UPDATE SKIP LOCKED)
                DELETE FROM crawl_hosts AS h USING old WHERE h.host = old.host""")
        int deleteOld(int batch);
    }
}
