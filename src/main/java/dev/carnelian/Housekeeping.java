package dev.carnelian;

import io.dropwizard.lifecycle.Managed;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what has been kept for long enough: every table has a retention. All nodes do it; rows that one of them is
 * deleting are skipped by the others.
 */
final class Housekeeping implements Managed {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final int BATCH = 1_000;
    private static final int MOST_BATCHES_OF_A_ROUND = 100;

    private final Map<String, IntUnaryOperator> tasks = new LinkedHashMap<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "housekeeping");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Adds a kind of row to delete.
     *
     * @param what as a log line names it
     * @param delete deletes up to the given number in one short transaction and says how many it did
     */
    Housekeeping with(String what, IntUnaryOperator delete) {
        tasks.put(what, delete);
        return this;
    }

    @Override
    public void start() {
        long seconds = INTERVAL.toSeconds();
        var unused = timer.scheduleWithFixedDelay(this::round, seconds, seconds, TimeUnit.SECONDS);
    }

    @Override
    public void stop() {
        timer.shutdownNow();
    }

    /** One round; bounded, so that a great backlog is worked off over several. */
    void round() {
        tasks.forEach((what, delete) -> {
            try {
                int deleted = 0;
                int last = BATCH;
                for (int batches = 0; last == BATCH && batches < MOST_BATCHES_OF_A_ROUND; batches++) {
                    last = delete.applyAsInt(BATCH);
                    deleted += last;
                }
                if (deleted > 0) {
                    LOG.info("deleted {} {}", deleted, what);
                }
            } catch (RuntimeException e) {
                LOG.warn("could not delete {}, the next round tries again: {}", what, e.getMessage());
            }
        });
    }
}
