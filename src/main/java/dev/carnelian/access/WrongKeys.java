package dev.carnelian.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the wrong keys of each address, on this node and for a minute from the first. Thread-safe; remembers the 10,000
 * latest addresses.
 */
public final class WrongKeys {
    private static final Duration WINDOW = Duration.ofMinutes(1);

    private final int allowed;
    private final Cache<String, Tries> byAddress =
            Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(WINDOW).build();

    /**
     * @param allowed wrong keys that an address may send in a minute
     */
    public WrongKeys(int allowed) {
        this.allowed = allowed;
    }

    /**
     * Counts one more.
     *
     * @param address a literal IP address
     * @return how long to wait, when that was one too many
     */
    public Optional<Duration> count(String address) {
        Tries tries = byAddress.get(network(address), key -> new Tries(System.nanoTime(), new AtomicInteger()));
        if (tries.count().incrementAndGet() <= allowed) {
            return Optional.empty();
        }
        Duration left = WINDOW.minusNanos(System.nanoTime() - tries.since());
        return Optional.of(left.compareTo(Duration.ZERO) > 0 ? left : Duration.ofSeconds(1));
    }

    /** Whoever has one IPv6 address has 2^64 of them. */
    private static String network(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        String[] groups = address.split(":", 5);
        return String.join(":", Arrays.copyOf(groups, Math.min(4, groups.length)));
    }

    private record Tries(long since, AtomicInteger count) {}
}
