package dev.carnelian.httpcall;

import dev.carnelian.database.Notifications;
import dev.carnelian.database.Notifications.ConnectionSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes the attempt, on whatever node, that waits for a report. Hints only: an attempt that misses one finds the report
 * at its next look. Listens from the first wait on. Thread-safe.
 */
public final class ReportSignals implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReportSignals.class);
    private static final String CHANNEL = "carnelian_http_report";

    private final Jdbi jdbi;
    private final ConnectionSource sessions;
    private final Map<String, Semaphore> waiting = new ConcurrentHashMap<>();
    private @Nullable Notifications notifications;

    /**
     * @param sessions opens sessions outside any pool, for listening
     */
    public ReportSignals(Jdbi jdbi, ConnectionSource sessions) {
        this.jdbi = jdbi;
        this.sessions = sessions;
    }

    /** Hears of the reports about one run until it is closed. */
    final class Waiting implements AutoCloseable {
        private final String run;
        private final Semaphore heard = new Semaphore(0);

        private Waiting(String run) {
            this.run = run;
        }

        /** Returns when a report has come in since the last call, or the time is over. */
        void await(Duration longest) throws InterruptedException {
            if (heard.tryAcquire(longest.toMillis(), TimeUnit.MILLISECONDS)) {
                heard.drainPermits();
            }
        }

        @Override
        public void close() {
            waiting.remove(run);
        }
    }

    Waiting waitFor(UUID run) {
        listen();
        Waiting waits = new Waiting(run.toString());
        waiting.put(waits.run, waits.heard);
        return waits;
    }

    private synchronized void listen() {
        if (notifications == null) {
            notifications = Notifications.listen(
                    sessions,
                    List.of(CHANNEL),
                    (channel, run) -> wake(run),
                    () -> waiting.keySet().forEach(this::wake));
        }
    }

    private void wake(String run) {
        Semaphore heard = waiting.get(run);
        if (heard != null) {
            heard.release();
        }
    }

    /** After the commit, never within: a transaction that notifies holds a lock of the whole database. */
    void send(UUID run) {
        wake(run.toString());
        try {
            jdbi.useHandle(handle -> handle.createQuery("SELECT pg_notify(:channel, :run)")
                    .bind("channel", CHANNEL)
                    .bind("run", run.toString())
                    .mapTo(String.class)
                    .list());
        } catch (JdbiException e) {
            LOG.debug("a wake-up was not sent, the attempt finds the report by itself: {}", e.getMessage());
        }
    }

    @Override
    public synchronized void close() {
        if (notifications != null) {
            notifications.close();
        }
    }
}
