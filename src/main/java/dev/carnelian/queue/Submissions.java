package dev.carnelian.queue;

import dev.carnelian.queue.RefusedException.Reason;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits jobs together that are submitted at the same time. Whatever arrives while one commit is being flushed goes into
 * the next one, so a lone job waits for nobody and a crowd shares the flushes. Thread-safe.
 */
public final class Submissions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Submissions.class);

    private static final int MOST_WAITING = 1_000;
    private static final int MOST_TOGETHER = 200;
    private static final int MOST_CHARACTERS_TOGETHER = 4 * 1024 * 1024;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(9);

    private final JobQueue queue;
    private final BlockingQueue<Waiting> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    // One: what comes while it flushes makes a larger set, and a second one would only halve the sets.
    private final Thread writer = new Thread(this::write, "submissions");
    private volatile boolean closed;

    public Submissions(JobQueue queue) {
        this.queue = queue;
    }

    private record Waiting(NewJob wanted, CompletableFuture<Job> stored) {}

    public void start() {
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Accepts a job like {@link JobQueue#enqueue(NewJob)}.
     *
     * @throws RefusedException {@link Reason#BUSY} if there are too many at once, or it took too long: then the job may
     *     yet be stored
     */
    public Job submit(NewJob wanted) {
        Waiting mine = new Waiting(wanted, new CompletableFuture<>());
        if (closed || !waiting.offer(mine)) {
            throw busy();
        }
        try {
            return mine.stored().get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e);
        } catch (TimeoutException e) {
            throw busy();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw busy();
        } finally {
            // The writer, if it has not come to it yet, leaves it out.
            mine.stored().cancel(false);
        }
    }

    /** How many jobs the writer has not come to yet. */
    int waiting() {
        return waiting.size();
    }

    private static RefusedException busy() {
        return new RefusedException(
                Reason.BUSY, "more jobs are being submitted than can be stored; send it again in a moment");
    }

    private void write() {
        try {
            while (!closed) {
                List<Waiting> batch = gathered();
                commit(batch.stream().filter(one -> !one.stored().isDone()).toList());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    /** Waits for the first one; the others are those that wait already. */
    private List<Waiting> gathered() throws InterruptedException {
        List<Waiting> batch = new ArrayList<>();
        long characters = 0;
        for (Waiting next = waiting.take(); next != null; next = waiting.poll()) {
            batch.add(next);
            characters += next.wanted().input().length();
            if (batch.size() == MOST_TOGETHER || characters >= MOST_CHARACTERS_TOGETHER) {
                break;
            }
        }
        return batch;
    }

    private void commit(List<Waiting> batch) {
        if (batch.isEmpty()) {
            return;
        }
        try {
            List<Job> jobs = queue.enqueue(batch.stream().map(Waiting::wanted).toList());
            for (int i = 0; i < jobs.size(); i++) {
                batch.get(i).stored().complete(jobs.get(i));
            }
        } catch (RuntimeException | Error e) { // a writer that dies would be missed for ever
            Optional<SQLException> aboutOne = aboutOne(e);
            if (batch.size() == 1 || aboutOne.isEmpty()) {
                batch.forEach(one -> one.stored().completeExceptionally(e));
                return;
            }
            LOG.warn(
                    "{} jobs could not be stored together, so each is tried alone: {}",
                    batch.size(),
                    aboutOne.get().getMessage());
            batch.forEach(one -> commit(List.of(one)));
        }
    }

    /** Data exception, or violation of a constraint: it is one of the jobs, and not the database that is in trouble. */
    private static Optional<SQLException> aboutOne(Throwable failure) {
        return ExceptionUtils.stream(failure)
                .filter(SQLException.class::isInstance)
                .map(SQLException.class::cast)
                .filter(cause -> cause.getSQLState() != null)
                .filter(cause -> cause.getSQLState().startsWith("22")
                        || cause.getSQLState().startsWith("23"))
                .findFirst();
    }

    /** Ends the writer after the commit it is at; what still waits is refused. */
    @Override
    public void close() {
        closed = true;
        writer.interrupt();
        waiting.forEach(one -> one.stored().completeExceptionally(busy()));
    }
}
