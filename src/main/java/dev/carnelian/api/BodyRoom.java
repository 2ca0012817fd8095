package dev.carnelian.api;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Lets in only as many large bodies at once as the heap bears. First come, first served. Thread-safe. */
final class BodyRoom {
    /** A body is bytes, then a tree, then texts, then the parameters of a statement, each for some time beside another. */
    private static final int COPIES = 8;

    private static final int BYTES_A_PERMIT = 1024;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final int permits;
    private final Semaphore room;

    /**
     * @param heap bytes of memory that there are in all
     */
    BodyRoom(long heap) {
        permits = (int) Math.min(Integer.MAX_VALUE, heap / COPIES / BYTES_A_PERMIT);
        room = new Semaphore(permits, true);
    }

    /**
     * Does the work when there is room for its body.
     *
     * @param bytes the length of the body; negative if that is not known, which takes half of the room
     * @throws ApiException {@code unavailable} if there was none for some seconds
     */
    <T> T with(int bytes, Supplier<T> work) {
        int taken = bytes < 0 ? permits / 2 : Math.min(permits, bytes / BYTES_A_PERMIT + 1);
        if (!acquire(taken)) {
            throw new ApiException(ErrorCode.UNAVAILABLE, "too many large bodies at once; send it again in a moment")
                    .withRetryAfter(Duration.ofSeconds(1));
        }
        try {
            return work.get();
        } finally {
            room.release(taken);
        }
    }

    private boolean acquire(int taken) {
        try {
            return room.tryAcquire(taken, LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
