package dev.carnelian.embedding;

import ai.onnxruntime.OrtException;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sentence model of a node, shared by all its jobs, which take turns text by text. Loaded when the first text comes:
 * some 100 MB outside the heap. A text always gets the same vector, whatever is embedded beside it. Thread-safe.
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
     * The model and its threads. The queue is unbounded by itself: it never holds more than the two batches of each job
     * that runs on the node.
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

    /** Texts that are being embedded; to be closed, whatever comes of them. */
    public static final class Batch implements AutoCloseable {
        private final List<Future<float[]>> pending = new ArrayList<>();

        private Batch() {}

        /**
         * Waits for the vectors, each of length 1, in the order of the texts.
         *
         * @throws JobFailedException with {@code model_failed} if a text cannot be embedded
         */
        public List<float[]> vectors() throws InterruptedException {
            List<float[]> vectors = new ArrayList<>(pending.size());
            try {
                for (Future<float[]> vector : pending) {
                    vectors.add(vector.get());
                }
                return vectors;
            } catch (ExecutionException | CancellationException e) {
                throw new JobFailedException(
                        JobFailure.retryable("model_failed", "the model could not embed a text: " + e), e);
            }
        }

        /** Leaves out what is not begun yet. */
        @Override
        public void close() {
            // Not interrupted: native code does not notice, and what it is at is soon done.
            pending.forEach(vector -> vector.cancel(false));
        }
    }

    /**
     * Begins to embed texts, after those that were begun before.
     *
     * @throws JobFailedException with {@code model_unavailable} if this node cannot load the model or is stopping
     */
    public Batch begin(List<String> texts) {
        Loaded here = load();
        Batch batch = new Batch();
        try {
            for (String text : texts) {
                batch.pending.add(here.threads().submit(() -> here.model().embed(text)));
            }
            return batch;
        } catch (RejectedExecutionException e) {
            batch.close();
            throw stopping();
        }
    }

    /** The vectors of texts, at once. */
    public List<float[]> embed(List<String> texts) throws InterruptedException {
        try (Batch batch = begin(texts)) {
            return batch.vectors();
        }
    }

    private static JobFailedException stopping() {
        return new JobFailedException(JobFailure.retryable("model_unavailable", "this node is stopping"));
    }

    private synchronized Loaded load() {
        if (closed) {
            throw stopping();
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
