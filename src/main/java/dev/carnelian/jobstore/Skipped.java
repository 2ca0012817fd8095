package dev.carnelian.jobstore;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.quartz.JobKey;
import org.quartz.TriggerKey;
import org.quartz.utils.Key;

/**
 * What this node could not read or start, and leaves alone for a while: other nodes may have the class that is missing
 * here, and what nobody can read must not be in the way of the rest. Thread-safe.
 */
final class Skipped {
    static final Duration PAUSE = Duration.ofMinutes(1);

    /** Beyond this the rest is tried and fails again at each claim. */
    private static final int MOST = 1_000;

    private final Map<Key<?>, Long> since = new ConcurrentHashMap<>();

    /** Leaves it alone from now on; false if that is known already. */
    boolean add(Key<?> key) {
        return since.size() < MOST && since.put(key, System.nanoTime()) == null;
    }

    List<TriggerKey> triggers() {
        return only(TriggerKey.class);
    }

    List<JobKey> jobs() {
        return only(JobKey.class);
    }

    private <K> List<K> only(Class<K> type) {
        Collection<Long> times = since.values();
        times.removeIf(time -> System.nanoTime() - time > PAUSE.toNanos());
        return since.keySet().stream().filter(type::isInstance).map(type::cast).toList();
    }
}
