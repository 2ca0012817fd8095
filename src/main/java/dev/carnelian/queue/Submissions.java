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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits jobs together that are submitted at the same time. Whatever arrives while one commit is being flushed goes into
 * the next one, so a lone job waits for nobody and a crowd shares the flushes. Nobody's thread is held meanwhile.
 * Thread-safe.
 */
public final class Submissions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Submissions.class);

    private static final int MOST_WAITING = 1_000;
    /** Of their inputs. The same number of bytes, as long as they are Latin. */
    private static final int MOST_CHARACTERS_WAITING = 32 * 1024 * 1024;

    private static final int MOST_TOGETHER = 200;
    private static final int MOST_CHARACTERS_TOGETHER = 4 * 1024 * 1024;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(9);

    private final JobQueue queue;
    private final BlockingQueue<Waiting> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Semaphore room = new Semaphore(MOST_CHARACTERS_WAITING);
    // One: what comes while it flushes makes a larger set, and a second one would only halve the sets.
    private final Thread writer = new Thread(this::write, "submissions");
    private final ExecutorService answering;
    private volatile boolean closed;

    public Submissions(JobQueue queue) {
        this.queue = queue;
        int threads = Runtime.getRuntime().availableProcessors();
        // With too much to answer, the writer answers too, and so stores less.
        this.answering = new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_WAITING),
                task -> new Thread(task, "submission-answers"),
                new ThreadPoolExecutor.CallerRunsPolicy());
    }

    private record Waiting(NewJob wanted, CompletableFuture<Job> stored) {
        int characters() {
            return wanted.input().length();
        }
    }

    public void start() {
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Accepts a job like {@link JobQueue#enqueue(NewJob)}.
     *
     * @return the job once it is durable, or why it could not be stored; {@link RefusedException} with
     *     {@link Reason#BUSY} if that took too long: then it may yet be stored. What depends on it holds up no commit
     * @throws RefusedException {@link Reason#BUSY} if there are too many at once
     */
    public CompletableFuture<Job> submit(NewJob wanted) {
        Waiting mine = new Waiting(wanted, new CompletableFuture<>());
        if (closed || !room.tryAcquire(mine.characters())) {
            throw busy();
        }
        if (!waiting.offer(mine)) {
            room.release(mine.characters());
            throw busy();
        }
        // The writer, if it has not come to it by then, leaves it out.
        return mine.stored()
                .orTimeout(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(failure ->
                        CompletableFuture.failedFuture(failure instanceof TimeoutException ? busy() : failure));
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
        } finally {
            answering.shutdown();
        }
    }

    /** Waits for the first one; the others are those that wait already. */
    private List<Waiting> gathered() throws InterruptedException {
        List<Waiting> batch = new ArrayList<>();
        long characters = 0;
        for (Waiting next = waiting.take(); next != null; next = waiting.poll()) {
            batch.add(next);
            characters += next.characters();
            room.release(next.characters());
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
                CompletableFuture<Job> stored = batch.get(i).stored();
                Job job = jobs.get(i);
                answering.execute(() -> stored.complete(job));
            }
        } catch (RuntimeException | Error e) { // a writer that dies would be missed for ever
            Optional<SQLException> aboutOne = aboutOne(e);
            if (batch.size() == 1 || aboutOne.isEmpty()) {
                batch.forEach(one -> answering.execute(() -> one.stored().completeExceptionally(e)));
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
