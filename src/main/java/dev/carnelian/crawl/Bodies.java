package dev.carnelian.crawl;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Reads bodies into memory: any number of small ones, and two large ones at a time on a node, as a large page takes many
 * times its size once it is parsed. Thread-safe.
 */
final class Bodies {
    /** The largest body, after decompression. */
    static final int LARGEST = 10 * 1024 * 1024;

    private static final int SMALL = 256 * 1024;
    private static final int LARGE_AT_ONCE = 2;
    private static final long LONGEST_WAIT_SECONDS = 30;

    private static final int PARSED_AT_ONCE = 4;

    private final Semaphore large = new Semaphore(LARGE_AT_ONCE, true);
    private final Semaphore parsing = new Semaphore(PARSED_AT_ONCE, true);

    /** A body in memory. To be closed when it is not needed any more. */
    static final class Body implements AutoCloseable {
        private final byte[] bytes;
        private final Runnable release;

        private Body(byte[] bytes, Runnable release) {
            this.bytes = bytes;
            this.release = release;
        }

        byte[] bytes() {
            return bytes;
        }

        @Override
        public void close() {
            release.run();
        }
    }

    /**
     * All of a body; empty if others were in the way for too long.
     *
     * @throws IOException passed on from the stream
     */
    Optional<Body> read(InputStream in) throws IOException {
        byte[] start = in.readNBytes(SMALL);
        if (start.length < SMALL) {
            return Optional.of(new Body(start, () -> {}));
        }
        if (!acquire()) {
            return Optional.empty();
        }
        boolean done = false;
        try {
            ByteArrayOutputStream all = new ByteArrayOutputStream(2 * SMALL);
            all.write(start);
            in.transferTo(all);
            done = true;
            return Optional.of(new Body(all.toByteArray(), large::release));
        } finally {
            if (!done) {
                large.release();
            }
        }
    }

    /** Parses when there is room for the tree that it makes. The wait is as long as others parse, which is bounded. */
    <T> T parsing(Supplier<T> parse) throws InterruptedException {
        parsing.acquire();
        try {
            return parse.get();
        } finally {
            parsing.release();
        }
    }

    private boolean acquire() throws InterruptedIOException {
        try {
            return large.tryAcquire(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while other large pages were read");
        }
    }
}
