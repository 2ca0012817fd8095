package dev.carnelian.worker;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the attempts of this node: stops those whose time is over, and gives up those that do not end within the grace
 * after they were told to. Both happen up to {@link #TICK_MILLIS} late. Thread-safe.
 */
final class Overseer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Overseer.class);
    private static final long TICK_MILLIS = 50;

    private final Duration grace;
    private final Map<Attempt, Runnable> attempts = new ConcurrentHashMap<>();
    private final Set<Attempt> leftBehind = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "overseer");
        thread.setDaemon(true);
        return thread;
    });

    Overseer(Duration grace) {
        this.grace = grace;
        var unused = timer.scheduleWithFixedDelay(this::look, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * @param leaveBehind called on a thread of its own if the attempt is given up
     */
    void add(Attempt attempt, Runnable leaveBehind) {
        attempts.put(attempt, leaveBehind);
    }

    /** Its handler has returned. */
    void remove(Attempt attempt) {
        attempts.remove(attempt);
        leftBehind.remove(attempt);
    }

    /** Those under way. */
    List<Attempt> attempts() {
        return List.copyOf(attempts.keySet());
    }

    /** How many were given up whose handlers have not returned. */
    int leftBehind() {
        return leftBehind.size();
    }

    private void look() {
        attempts.forEach((attempt, leaveBehind) -> {
            try {
                look(attempt, leaveBehind);
            } catch (RuntimeException | Error e) { // or nobody would be looked at any more
                LOG.error("the attempt of job {} could not be looked after", attempt.jobId(), e);
            }
        });
    }

    private void look(Attempt attempt, Runnable leaveBehind) {
        if (attempt.timeLeft().isZero()) {
            attempt.stop(Stop.TIMED_OUT);
        }
        if (attempt.isStoppedFor(grace)) {
            giveUp(attempt, leaveBehind);
        }
    }

    private void giveUp(Attempt attempt, Runnable leaveBehind) {
        // Noted before it ends, so that the return of its handler cannot come before the note.
        if (!leftBehind.add(attempt)) {
            return;
        }
        if (!attempt.end()) {
            leftBehind.remove(attempt);
            return;
        }
        // Its last reports may have to wait for the database: no other attempt is to wait for that.
        Thread thread = new Thread(() -> end(attempt, leaveBehind), "leaving-behind");
        thread.setDaemon(true);
        thread.start();
    }

    private void end(Attempt attempt, Runnable leaveBehind) {
        try {
            leaveBehind.run();
        } finally {
            attempts.remove(attempt);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
