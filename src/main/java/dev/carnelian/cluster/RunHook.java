package dev.carnelian.cluster;

import dev.carnelian.jobstore.Run;
import dev.carnelian.jobstore.StoreHook;
import dev.carnelian.queue.Claimed;
import dev.carnelian.queue.Outcome;
import dev.carnelian.queue.Runs;
import dev.carnelian.queue.Runs.Ended;
import dev.carnelian.queue.Runs.RunOf;
import dev.carnelian.queue.Signals;
import dev.carnelian.worker.JobRunner;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Lets the queue move its jobs in the transactions in which Quartz moves their triggers. */
final class RunHook implements StoreHook {
    /** A start whose commit failed leaves its claim here; nothing will ever ask for it. */
    private static final Duration CLAIM_MEMORY = Duration.ofMinutes(1);

    private record Held(Claimed job, long since) {}

    private final Runs runs;
    private final JobRunner runner;
    private final Signals signals;
    private final String node;
    private final Map<String, Held> claimed = new ConcurrentHashMap<>();

    RunHook(Runs runs, JobRunner runner, Signals signals, String node) {
        this.runs = runs;
        this.runner = runner;
        this.signals = signals;
        this.node = node;
    }

    /** What the start of a run said of its job, once; empty if this node knows nothing of it. */
    Optional<Claimed> take(String entryId) {
        return Optional.ofNullable(claimed.remove(entryId)).map(Held::job);
    }

    @Override
    public Set<String> onFired(Connection connection, List<Run> fired) throws SQLException {
        long now = System.nanoTime();
        claimed.values().removeIf(held -> now - held.since() > CLAIM_MEMORY.toNanos());
        Set<String> refused = new HashSet<>();
        fired.forEach(run -> refused.add(run.entryId()));
        for (Claimed job : runs.start(connection, runsOf(fired), node)) {
            claimed.put(job.runId(), new Held(job, now));
            refused.remove(job.runId());
        }
        return refused;
    }

    @Override
    public void onCompleted(Connection connection, List<Run> ended, Map<String, Object> outcomes) throws SQLException {
        runs.finish(
                connection,
                ended.stream()
                        .map(run -> new Ended(
                                Names.jobOf(run.data()), run.entryId(), (Outcome) outcomes.get(run.entryId())))
                        .toList());
        if (outcomes.size() < ended.size() || outcomes.values().stream().anyMatch(RunHook::isRetried)) {
            // Such a job is due again, perhaps at once. A hint: it may reach a peer before the commit does.
            signals.jobsDue();
        }
    }

    private static boolean isRetried(Object outcome) {
        return outcome instanceof Outcome.Failed failed && failed.retryAfter() != null;
    }

    @Override
    public Set<String> onRecovered(Connection connection, List<Run> lost) throws SQLException {
        Set<String> refused = Set.copyOf(runs.lose(connection, runsOf(lost)));
        signals.jobsDue();
        return refused;
    }

    @Override
    public void onReleased(Connection connection, List<Run> released) throws SQLException {
        // The store keeps the triggers of these runs, so the queue need not make new ones.
        var unused = runs.release(connection, runsOf(released));
        signals.jobsDue();
    }

    @Override
    public void onLeaseLost() {
        runner.handAllBack();
    }

    private static List<RunOf> runsOf(List<Run> runs) {
        return runs.stream()
                .map(run -> new RunOf(Names.jobOf(run.data()), run.entryId()))
                .toList();
    }
}
