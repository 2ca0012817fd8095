package dev.carnelian.embedding;

import ai.onnxruntime.OrtException;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sentence model of a node, shared by all its jobs, which take turns text by text. Loaded when the first text comes:
 * some 200 MB outside the heap. A text always gets the same vector, whatever is embedded beside it. Thread-safe.
 */
public final class EmbeddingModel implements AutoCloseable {
    /** As the wire and the database name it. */
    public static final String NAME = "all-minilm-l6-v2";
    /** The length of each vector. */
    public static final int DIMENSIONS = OnnxModel.DIMENSIONS;

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddingModel.class);
    private static final long STOP_WAIT_SECONDS = 10;

    private final int threads;
    private @Nullable Loaded loaded;
    private boolean closed;

    /**
     * The model and its threads. The queue is unbounded by itself: it never holds more than one batch of each job that
     * runs on the node.
     */
    private record Loaded(OnnxModel model, ExecutorService threads) {}

    /**
     * @param threads texts that are embedded at the same time, at least 1
     */
    public EmbeddingModel(int threads) {
        this.threads = threads;
    }

    /** How many texts are embedded at the same time. */
    public int threads() {
        return threads;
    }

    /**
     * The vectors of texts, each of length 1, in the order of the texts.
     *
     * @throws JobFailedException with {@code model_unavailable} if this node cannot load the model, with
     *     {@code model_failed} if a text cannot be embedded
     * @throws InterruptedException if the caller is interrupted; what is not begun yet is left out then
     */
    public List<float[]> embed(List<String> texts) throws InterruptedException {
        Loaded here = load();
        List<Future<float[]>> pending = new ArrayList<>(texts.size());
        try {
            for (String text : texts) {
                pending.add(here.threads().submit(() -> here.model().embed(text)));
            }
            List<float[]> vectors = new ArrayList<>(texts.size());
            for (Future<float[]> vector : pending) {
                vectors.add(vector.get());
            }
            return vectors;
        } catch (ExecutionException e) {
            throw new JobFailedException(
                    JobFailure.retryable("model_failed", "the model could not embed a text: " + e.getCause()), e);
        } finally {
            // Not interrupted: native code does not notice, and what it is at is soon done.
            pending.forEach(vector -> vector.cancel(false));
        }
    }

    private synchronized Loaded load() {
        if (closed) {
            throw new JobFailedException(JobFailure.retryable("model_unavailable", "this node is stopping"));
        }
        if (loaded == null) {
            try {
                loaded = new Loaded(OnnxModel.open(), Executors.newFixedThreadPool(threads, EmbeddingModel::thread));
            } catch (IOException | OrtException | LinkageError e) {
                LOG.error("the embedding model cannot be loaded; jobs that need it fail on this node", e);
                throw new JobFailedException(
                        JobFailure.retryable("model_unavailable", "this node cannot load the model: " + e), e);
            }
        }
        return loaded;
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "embedding");
        thread.setDaemon(true);
        return thread;
    }

    /** Frees the model once the texts that are being embedded are done. */
    @Override
    public synchronized void close() {
        closed = true;
        if (loaded == null) {
            return;
        }
        loaded.threads().shutdownNow().forEach(task -> ((Future<?>) task).cancel(false));
        try {
            if (loaded.threads().awaitTermination(STOP_WAIT_SECONDS, TimeUnit.SECONDS)) {
                loaded.model().close();
            } else {
                LOG.warn("the embedding model is still busy and is left to the end of this process");
            }
        } catch (OrtException e) {
            LOG.warn("the embedding model cannot be freed and is left to the end of this process", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loaded = null;
    }
}
