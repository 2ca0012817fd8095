package dev.carnelian.document;

import com.google.common.base.Throwables;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Deque;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads text from documents in child JVMs with little memory, so that a hostile document harms nothing but its own
 * outcome. Children start when they are needed, serve one document at a time and are replaced when one dies, hangs or
 * has done its share. Thread-safe.
 */
public final class Extractor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Extractor.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
    private static final int PATIENCE = 5;

    private final long maxBytes;
    private final Duration timeout;
    private final Semaphore places;
    private final Deque<ExtractorProcess> idle = new ConcurrentLinkedDeque<>();
    private final Set<ExtractorProcess> children = ConcurrentHashMap.newKeySet();
    // A thread blocked in a pipe cannot be interrupted, so the pipes have threads of their own: at most one per child.
    private final ExecutorService pipes = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "extractor-pipe");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean closed;

    /**
     * @param children the most child JVMs at once, each with a heap of 256 MB
     * @param timeout the longest one document may take; a caller waits up to five times as long for a free child
     * @param maxBytes the size of the largest document
     */
    public Extractor(int children, Duration timeout, long maxBytes) {
        this.places = new Semaphore(children, true);
        this.timeout = timeout;
        this.maxBytes = maxBytes;
    }

    /** The size of the largest document. */
    long maxBytes() {
        return maxBytes;
    }

    /**
     * Reads a document. An interrupt ends it and its child.
     *
     * @param name a hint for the type of the document
     * @param bytes exactly {@code size} of them are read
     * @throws DocumentException if this document cannot be read
     * @throws JobFailedException if no document can be read now: all children are busy for long, or none starts
     * @throws java.io.UncheckedIOException if the bytes cannot be read
     */
    public Extracted extract(String name, long size, InputStream bytes) throws DocumentException, InterruptedException {
        if (size > maxBytes) {
            throw new DocumentException(DocumentError.DOCUMENT_TOO_LARGE);
        }
        if (!places.tryAcquire(timeout.toMillis() * PATIENCE, TimeUnit.MILLISECONDS)) {
            throw new JobFailedException(
                    JobFailure.retryable("extractor_busy", "all processes that read documents were busy for too long"));
        }
        try {
            ExtractorProcess child = ready();
            return exchange(child, name, size, bytes);
        } finally {
            places.release();
        }
    }

    private Extracted exchange(ExtractorProcess child, String name, long size, InputStream bytes)
            throws DocumentException, InterruptedException {
        try {
            return within(timeout, child, () -> child.extract(name, size, bytes));
        } catch (TimeoutException e) {
            throw new DocumentException(DocumentError.EXTRACTION_TIMEOUT, e);
        } catch (IOException e) {
            if (closed) {
                throw unavailable("the process that read the document was ended with its node");
            }
            DocumentError error = child.causeOfDeath();
            LOG.warn(
                    "a child died of its document ({}); the next document gets a new child",
                    error.failure().code());
            throw new DocumentException(error, e);
        } finally {
            giveBack(child);
        }
    }

    private void giveBack(ExtractorProcess child) {
        if (child.isUsable()) {
            idle.push(child);
        } else {
            end(child);
        }
    }

    private ExtractorProcess ready() throws InterruptedException {
        for (ExtractorProcess child = idle.poll(); child != null; child = idle.poll()) {
            if (child.isUsable()) {
                return child;
            }
            end(child);
        }
        try {
            return start();
        } catch (IOException | TimeoutException | DocumentException e) {
            if (!closed) {
                LOG.error("no child starts, so jobs with documents fail; at level DEBUG its own words are seen", e);
            }
            throw unavailable("the process that reads documents did not start");
        }
    }

    private static JobFailedException unavailable(String message) {
        return new JobFailedException(JobFailure.retryable("extractor_unavailable", message));
    }

    private ExtractorProcess start() throws IOException, TimeoutException, DocumentException, InterruptedException {
        ExtractorProcess child = ExtractorProcess.start(maxBytes);
        children.add(child);
        if (closed) {
            end(child);
        }
        return within(START_LIMIT, child, child::awaitReady);
    }

    private interface Step<T> {
        T run() throws IOException, DocumentException;
    }

    /** One step of the talk with a child, which ends the child unless it goes as it should. */
    private <T> T within(Duration limit, ExtractorProcess child, Step<T> step)
            throws IOException, DocumentException, TimeoutException, InterruptedException {
        Future<T> answer = pipes.submit(step::run);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNull(e.getCause());
            Throwables.throwIfInstanceOf(cause, DocumentException.class);
            end(child);
            Throwables.throwIfInstanceOf(cause, IOException.class);
            Throwables.throwIfUnchecked(cause);
            throw new IllegalStateException(cause);
        } catch (TimeoutException | InterruptedException e) {
            end(child);
            throw e;
        }
    }

    private void end(ExtractorProcess child) {
        children.remove(child);
        child.kill();
    }

    /** How many children there are now, busy or not. */
    int children() {
        return children.size();
    }

    /** Ends all children; attempts that are reading documents fail, and may be tried again on another node. */
    @Override
    public void close() {
        closed = true;
        children.forEach(ExtractorProcess::kill);
        CompletableFuture<?>[] ending =
                children.stream().map(ExtractorProcess::gone).toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.allOf(ending).get(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.warn("not every child ended in time; the temporary folders of the others stay", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
