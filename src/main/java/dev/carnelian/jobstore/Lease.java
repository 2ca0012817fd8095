package dev.carnelian.jobstore;

import java.time.Duration;

/**
 * How long this node may believe that its claims are still its own.
 *
 * <p>Its peers go by the database's clock and the check-in they see there; this side goes by its own monotonic clock,
 * counted from before the check-in was sent, and gives up a tenth early. So it ends here before it can end there,
 * whatever the wall clocks say. Thread-safe.
 */
final class Lease {
    private final Duration length;
    private final long safeNanos;
    private volatile boolean held;
    private volatile long renewedAt;

    Lease(Duration length) {
        this.length = length;
        this.safeNanos = length.toNanos() / 10 * 9;
    }

    Duration length() {
        return length;
    }

    /**
     * A check-in was committed.
     *
     * @param sentAt {@link System#nanoTime()} before it was sent
     */
    void renew(long sentAt) {
        renewedAt = sentAt;
        held = true;
    }

    /** Whether no peer can have taken over yet. */
    boolean isHeld() {
        return held && System.nanoTime() - renewedAt < safeNanos;
    }

    /**
     * Gives the lease up if it is over or {@code recovered} by a peer.
     *
     * @return whether it was held until now
     */
    synchronized boolean loseIf(boolean recovered) {
        if (!held || (!recovered && isHeld())) {
            return false;
        }
        held = false;
        return true;
    }

    /** What is left of the lease, in milliseconds; zero once it is over. */
    long millisLeft() {
        return held ? Math.max(0, (safeNanos - (System.nanoTime() - renewedAt)) / 1_000_000) : 0;
    }
}
