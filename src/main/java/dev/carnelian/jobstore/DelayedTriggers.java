package dev.carnelian.jobstore;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.quartz.JobPersistenceException;

/**
 * Lets one-shots whose time has come take part in the claim, and has Quartz's thread look when the next one's has. A
 * hundred thousand jobs for tomorrow so cost a claim today nothing.
 */
final class DelayedTriggers implements AutoCloseable {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    /** Longer than Quartz's thread sleeps by itself; whoever comes later is seen by then. */
    private static final long HORIZON_MILLIS = 2_000;

    private final OnceRows rows;
    private final Transactions transactions;
    private final DatabaseClock clock;
    private final Runnable wake;
    private final ScheduledExecutorService alarm = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "delayed-triggers");
        thread.setDaemon(true);
        return thread;
    });
    private long promotedAt = System.nanoTime() - PAUSE_NANOS;
    private long nextAt = Long.MAX_VALUE;
    private boolean lookingAgain;

    DelayedTriggers(OnceRows rows, Transactions transactions, DatabaseClock clock, Runnable wake) {
        this.rows = rows;
        this.transactions = transactions;
        this.clock = clock;
        this.wake = wake;
    }

    /** Called by Quartz's one scheduler thread before each claim. */
    void promote() throws JobPersistenceException {
        long now = clock.millis();
        if (now < nextAt && System.nanoTime() - promotedAt < PAUSE_NANOS) {
            // This call may be for a trigger just stored, which the last look could not see.
            wakeIn(TimeUnit.NANOSECONDS.toMillis(PAUSE_NANOS), !lookingAgain);
            lookingAgain = true;
            return;
        }
        Next next = transactions.run(connection -> new Next(rows.promote(connection, now)));
        promotedAt = System.nanoTime();
        lookingAgain = false;
        nextAt = next.at() == null ? Long.MAX_VALUE : next.at();
        wakeIn(nextAt - now, nextAt - now < HORIZON_MILLIS);
    }

    private void wakeIn(long millis, boolean really) {
        if (really && !alarm.isShutdown()) {
            var unused = alarm.schedule(wake, millis, TimeUnit.MILLISECONDS);
        }
    }

    private record Next(@Nullable Long at) {}

    @Override
    public void close() {
        alarm.shutdownNow();
    }
}
