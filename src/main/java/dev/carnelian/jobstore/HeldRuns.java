package dev.carnelian.jobstore;

import dev.carnelian.jobstore.OnceRows.Fired;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.quartz.JobDetail;

/**
 * The one-shots that this node has claimed and not yet ended, and which of them still wait for a thread. Thread-safe: a
 * run is begun, given back or ended by whoever takes it from here first.
 */
final class HeldRuns {
    /** A run that waits longer than this for a thread is given back: what was claimed ahead was thought to be short. */
    private static final long LONGEST_WAIT_NANOS = 1_000_000_000L;

    /** A run, and the job it is to execute. */
    record Held(Fired fired, JobDetail job) {
        String entryId() {
            return fired.run().entryId();
        }
    }

    private final Map<String, Held> held = new ConcurrentHashMap<>();
    // Those of them that no thread has begun with, and since when.
    private final Map<String, Long> waitingSince = new ConcurrentHashMap<>();

    void add(List<Held> claimed) {
        long now = System.nanoTime();
        for (Held run : claimed) {
            held.put(run.entryId(), run);
            waitingSince.put(run.entryId(), now);
        }
    }

    Optional<Held> find(String entryId) {
        return Optional.ofNullable(held.get(entryId));
    }

    /** A thread begins with the run; false if it was given back meanwhile. */
    boolean begin(String entryId) {
        return waitingSince.remove(entryId) != null;
    }

    /** The run is over, or will never be: it is no longer held. */
    Optional<Run> letGo(String entryId) {
        waitingSince.remove(entryId);
        return Optional.ofNullable(held.remove(entryId)).map(run -> run.fired().run());
    }

    /** Lets go of those that have waited for a thread for too long. */
    List<String> letStaleGo() {
        long now = System.nanoTime();
        List<String> stale = new ArrayList<>();
        waitingSince.forEach((entryId, since) -> {
            if (now - since > LONGEST_WAIT_NANOS && waitingSince.remove(entryId, since)) {
                held.remove(entryId);
                stale.add(entryId);
            }
        });
        return stale;
    }

    Set<String> entryIds() {
        return Set.copyOf(held.keySet());
    }
}
