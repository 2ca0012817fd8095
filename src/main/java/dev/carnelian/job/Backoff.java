package dev.carnelian.job;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt.
 *
 * @param kind how the wait grows with the number of attempts made
 * @param initial the wait after the first attempt, 0 to 24 h
 * @param max the longest wait, at least {@code initial} and at most 24 h
 * @param jitter the share of the wait that is drawn at random, 0 (none) to 1 (anything from zero to twice the wait)
 */
public record Backoff(Kind kind, Duration initial, Duration max, double jitter) {
    /** Growth of the wait. */
    public enum Kind {
        /** Always the initial wait. */
        FIXED,
        /** Grows by the initial wait with each attempt. */
        LINEAR,
        /** Doubles with each attempt. */
        EXPONENTIAL
    }

    private static final Duration LONGEST = Duration.ofHours(24);

    public Backoff {
        if (initial.isNegative() || initial.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("initial must be between 0 and 24 hours, not " + initial);
        }
        if (max.compareTo(initial) < 0 || max.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("max must be between initial and 24 hours, not " + max);
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("jitter must be between 0 and 1, not " + jitter);
        }
    }

    /**
     * The wait after an attempt.
     *
     * @param attempt the attempt that just ended, at least 1
     * @param random the source of the jitter
     * @return between zero and {@code max}
     */
    public Duration delayAfter(int attempt, RandomGenerator random) {
        double factor = switch (kind) {
            case FIXED -> 1;
            case LINEAR -> attempt;
            case EXPONENTIAL -> Math.pow(2, Math.min(attempt - 1, 40));
        };
        double wait = Math.min((double) initial.toMillis() * factor, (double) max.toMillis());
        double spread = wait * jitter * (2 * random.nextDouble() - 1);
        return Duration.ofMillis(Math.round(Math.min(wait + spread, (double) max.toMillis())));
    }
}
