package dev.carnelian.job;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * A kind of work: its name on the wire, the shapes of its input and result, and the limits of a job that names none.
 *
 * @param <I> the input, a record with bean-validation constraints
 * @param <R> the result, a record; its components are the fields of the job's {@code result}
 */
public record JobType<I, R>(String name, String description, Class<I> input, Class<R> result, Limits limits) {
    /**
     * What a job of the type gets unless it asks for something else.
     *
     * @param maxAttempts attempts altogether, 1 to 25
     * @param backoff the wait between attempts
     * @param timeout the longest one attempt may take, 1 s to 24 h
     */
    public record Limits(int maxAttempts, Backoff backoff, Duration timeout) {
        /** The largest number of attempts a job may ask for. */
        public static final int MAX_ATTEMPTS = 25;
        /** The longest time one attempt may ask for. */
        public static final Duration MAX_TIMEOUT = Duration.ofHours(24);

        public Limits {
            if (maxAttempts < 1 || maxAttempts > MAX_ATTEMPTS) {
                throw new IllegalArgumentException(
                        "maxAttempts must be between 1 and " + MAX_ATTEMPTS + ", not " + maxAttempts);
            }
            if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
                throw new IllegalArgumentException("timeout must be between 1 s and 24 h, not " + timeout);
            }
        }

        /** Five attempts, one second doubling to five minutes with 20 % jitter, ten minutes each. */
        public static Limits standard() {
            return new Limits(
                    5,
                    new Backoff(Backoff.Kind.EXPONENTIAL, Duration.ofSeconds(1), Duration.ofMinutes(5), 0.2),
                    Duration.ofMinutes(10));
        }
    }

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");

    public JobType {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("a job type is named in snake_case, up to 63 characters, not " + name);
        }
    }
}
