package dev.carnelian.jobstore;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.quartz.JobPersistenceException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to come beside the one-shots that are due: it lets those whose time has come take part in the claim, has
 * Quartz's thread look when the next one's has, and knows whether Quartz's own triggers wait. A hundred thousand jobs for
 * tomorrow so cost a claim today nothing, and a busy claim looks here now and then only.
 */
final class Outlook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Outlook.class);
    private static final long REPEAT_MILLIS = 500;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    /** Longer than Quartz's thread sleeps by itself; whoever comes later is seen by then. */
    private static final long HORIZON_MILLIS = 2_000;

    private final OnceRows rows;
    private final Transactions transactions;
    private final DatabaseClock clock;
    private final Runnable wake;
    private final ScheduledExecutorService alarm = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "outlook");
        thread.setDaemon(true);
        return thread;
    });
    private OnceRows.Coming coming = new OnceRows.Coming(0, Long.MAX_VALUE, Long.MAX_VALUE, true);
    private long lookedAt;
    private boolean busy;
    private boolean lookingAgain;

    Outlook(OnceRows rows, Transactions transactions, DatabaseClock clock, Runnable wake) {
        this.rows = rows;
        this.transactions = transactions;
        this.clock = clock;
        this.wake = wake;
    }

    /** Called by Quartz's one scheduler thread before each claim. */
    OnceRows.Coming look() throws JobPersistenceException {
        if (busy && clock.millis() < coming.nextDelayed() && System.nanoTime() - lookedAt < PAUSE_NANOS) {
            // This call may be for a trigger just stored, which the last look could not see.
            wakeIn(TimeUnit.NANOSECONDS.toMillis(PAUSE_NANOS), !lookingAgain);
            lookingAgain = true;
        } else {
            coming = transactions.run(rows::look);
            lookedAt = System.nanoTime();
            lookingAgain = false;
            long wait = coming.nextDelayed() - coming.now();
            wakeIn(wait, wait < HORIZON_MILLIS);
        }
        return coming;
    }

    /** Whether the claim that followed was of one-shots alone and found some, so that another one follows at once. */
    void claimed(boolean oneShotsOnly) {
        busy = oneShotsOnly;
    }

    /** Does something twice a second until it is closed; an exception ends only that one time. */
    void repeat(Runnable task) {
        var unused = alarm.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        LOG.warn("what is done twice a second failed this time", e);
                    }
                },
                REPEAT_MILLIS,
                REPEAT_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private void wakeIn(long millis, boolean really) {
        if (really && !alarm.isShutdown()) {
            var unused = alarm.schedule(wake, millis, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void close() {
        alarm.shutdownNow();
    }
}
