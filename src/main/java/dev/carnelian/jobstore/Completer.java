package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.jspecify.annotations.Nullable;
import org.quartz.JobPersistenceException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the ends of runs: what has gathered while the last batch was committed makes the next one, so that a lone run is
 * written at once and a flood in large sets.
 *
 * <p>A run waits here for milliseconds; one that is lost here with the process looks like a run that died just before its
 * end, and runs again. A batch whose commit failed is tried until it succeeds: what was committed after all is no longer
 * there and changes nothing.
 */
final class Completer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Completer.class);
    private static final int MOST_WAITING = 1_000;
    private static final int BATCH = 1_000;
    /** After a batch of so many the next one is given a moment to grow. */
    private static final int FLOOD = 30;

    private static final long LINGER_MILLIS = 8;
    /** A run that cannot be written alone so often is given up, so that it does not hold up the others. */
    private static final int TRIES_ALONE = 3;

    private record Ended(Run run, @Nullable Object outcome) {}

    private final OnceRows rows;
    private final Transactions transactions;
    private final @Nullable StoreHook hook;
    private final Duration retryPause;
    private final BlockingQueue<Ended> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicInteger unwritten = new AtomicInteger();
    private final Thread thread;
    private volatile boolean stopping;

    Completer(
            OnceRows rows, Transactions transactions, String instance, @Nullable StoreHook hook, Duration retryPause) {
        this.rows = rows;
        this.transactions = transactions;
        this.hook = hook;
        this.retryPause = retryPause;
        this.thread = new Thread(this::work, "completer-" + instance);
        this.thread.setDaemon(true);
        this.thread.start();
    }

    /** Takes the end of a run. Waits while too many are unwritten: workers then have nothing better to do. */
    void add(Run run, @Nullable Object outcome) {
        unwritten.incrementAndGet();
        boolean interrupted = false;
        while (true) {
            try {
                waiting.put(new Ended(run, outcome));
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        List<Ended> batch = new ArrayList<>();
        try {
            while (!stopping || !waiting.isEmpty()) {
                Ended first = waiting.poll(100, TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    waiting.drainTo(batch, BATCH - 1);
                    write(batch);
                    unwritten.addAndGet(-batch.size());
                    if (batch.size() >= FLOOD && !stopping) {
                        Thread.sleep(LINGER_MILLIS);
                    }
                    batch.clear();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("{} ends of runs were not written; they run again when the lease ends", unwritten.get());
        }
    }

    private void write(List<Ended> batch) throws InterruptedException {
        boolean told = false;
        for (int tries = 1; true; tries++) {
            try {
                commit(batch);
                return;
            } catch (JobPersistenceException | RuntimeException e) {
                if (batch.size() > 1 && isAboutTheData(e)) {
                    LOG.warn(
                            "{} ends of runs are written one by one, as one of them is refused: {}",
                            batch.size(),
                            e.getMessage());
                    for (Ended ended : batch) {
                        write(List.of(ended));
                    }
                    return;
                }
                if (isAboutTheData(e) && tries >= TRIES_ALONE) {
                    Ended ended = batch.get(0);
                    if (ended.outcome() == null) {
                        LOG.error(
                                "run {} cannot be ended; it is recovered when this node has stopped",
                                ended.run().entryId(),
                                e);
                        return;
                    }
                    LOG.error(
                            "the outcome of run {} cannot be written; its job runs again",
                            ended.run().entryId(),
                            e);
                    write(List.of(new Ended(ended.run(), null)));
                    return;
                }
                if (!told) {
                    LOG.warn(
                            "{} ends of runs could not be written and are tried again: {}",
                            batch.size(),
                            e.getMessage());
                    told = true;
                }
                Thread.sleep(retryPause.toMillis());
            }
        }
    }

    /** Data exceptions and violated constraints: the same statement fails again. */
    private static boolean isAboutTheData(Throwable thrown) {
        return ExceptionUtils.stream(thrown)
                .filter(SQLException.class::isInstance)
                .map(cause -> ((SQLException) cause).getSQLState())
                .filter(Objects::nonNull)
                .findFirst()
                .filter(state -> state.startsWith("22") || state.startsWith("23"))
                .isPresent();
    }

    private void commit(List<Ended> batch) throws JobPersistenceException {
        int lost = transactions.run(connection -> commit(connection, batch));
        if (lost > 0) {
            LOG.warn("{} ends of runs change nothing: they were written before, or peers took the runs over", lost);
        }
    }

    private int commit(Connection connection, List<Ended> batch) throws Exception {
        Set<String> mine = rows.end(
                connection, batch.stream().map(ended -> ended.run().entryId()).toList());
        if (hook != null && !mine.isEmpty()) {
            List<Run> runs = new ArrayList<>(mine.size());
            Map<String, Object> outcomes = new HashMap<>();
            for (Ended ended : batch) {
                if (mine.contains(ended.run().entryId())) {
                    runs.add(ended.run());
                    if (ended.outcome() != null) {
                        outcomes.put(ended.run().entryId(), ended.outcome());
                    }
                }
            }
            hook.onCompleted(connection, runs, outcomes);
        }
        return batch.size() - mine.size();
    }

    /** Writes what waits, for a bounded time, and ends. */
    @Override
    public void close() {
        stopping = true;
        try {
            thread.join(10_000);
            thread.interrupt();
            thread.join(1_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
