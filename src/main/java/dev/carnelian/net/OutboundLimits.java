package dev.carnelian.net;

import java.time.Duration;

/**
 * What one request may cost.
 *
 * @param connect the longest wait for a name to resolve, and for a connection to stand
 * @param firstByte the longest silence of the other side once connected, before and within its answer
 * @param total the longest time altogether, redirects and the reading of the answer included
 * @param maxBytes the longest body, counted after decompression; what the reader does not ask for is not fetched
 * @param maxRedirects how many redirects are followed, 0 to 5; with 0 the reader gets the redirect itself
 */
public record OutboundLimits(Duration connect, Duration firstByte, Duration total, long maxBytes, int maxRedirects) {
    /** The most redirects there may be. */
    public static final int MOST_REDIRECTS = 5;

    public OutboundLimits {
        requirePositive("connect", connect);
        requirePositive("firstByte", firstByte);
        requirePositive("total", total);
        if (maxBytes < 0) {
            throw new IllegalArgumentException("maxBytes must not be negative, was " + maxBytes);
        }
        if (maxRedirects < 0 || maxRedirects > MOST_REDIRECTS) {
            throw new IllegalArgumentException("maxRedirects must be between 0 and 5, not " + maxRedirects);
        }
    }

    private static void requirePositive(String name, Duration duration) {
        if (duration.toMillis() <= 0) {
            throw new IllegalArgumentException(name + " must be at least a millisecond, was " + duration);
        }
    }

    /** Five seconds to connect, fifteen of silence, a minute in all, 10 MiB, five redirects. */
    public static OutboundLimits standard() {
        return new OutboundLimits(
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofMinutes(1),
                10L * 1024 * 1024,
                MOST_REDIRECTS);
    }

    /** The same, at most this long in all. */
    public OutboundLimits within(Duration longest) {
        return new OutboundLimits(
                shorter(connect, longest),
                shorter(firstByte, longest),
                shorter(total, longest),
                maxBytes,
                maxRedirects);
    }

    /** The same with another longest body. */
    public OutboundLimits withMaxBytes(long bytes) {
        return new OutboundLimits(connect, firstByte, total, bytes, maxRedirects);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
