package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of jobs when their triggers fire, end, or lose their node. Each method changes a set of jobs in the
 * transaction in which the job store changes their triggers, so the two can never disagree. Thread-safe.
 *
 * <p>Every set is locked in the order of the job ids, so two of them never wait for each other.
 */
public final class Runs {
    private final Jdbi jdbi;
    private final Triggers triggers;

    /** A run and the job it belongs to. */
    public record RunOf(JobId job, String runId) {}

    /** A run of this node that ended; without an outcome the node gave it up, and the job waits again. */
    public record Ended(JobId job, String runId, @Nullable Outcome outcome) {
        RunOf run() {
            return new RunOf(job, runId);
        }
    }

    public Runs(Jdbi jdbi, Triggers triggers) {
        this.jdbi = jdbi;
        this.triggers = triggers;
    }

    /**
     * Pending to running, one attempt more.
     *
     * @return the attempts to run; a run that is missing must not start, as its job no longer waits
     */
    public List<Claimed> start(Connection transaction, List<RunOf> runs, String node) throws SQLException {
        return RunStart.start(transaction, runs, node);
    }

    /** The input of a running attempt, empty if the run was replaced. */
    public Optional<String> input(RunOf run) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT input FROM jobs WHERE id = :id AND run_id = :runId AND status = 'running'")
                .bind("id", run.job().value())
                .bind("runId", run.runId())
                .mapTo(String.class)
                .findOne());
    }

    /**
     * Running to what the outcome says: final, or pending with a trigger for the next attempt. A cancel that was
     * accepted before this ends in cancelled, whatever the handler made of it.
     */
    public void finish(Connection transaction, List<Ended> ended) throws SQLException {
        List<Ended> sorted =
                ended.stream().sorted(Comparator.comparing(Ended::job)).toList();
        if (sorted.stream().allMatch(Runs::saysNothingButItsOutcome)) {
            finishWithOutcome(transaction, sorted);
            return;
        }
        Set<String> still = RunLock.CHANGE.take(
                transaction, new OrderedRuns(sorted.stream().map(Ended::run).toList()));
        List<Ended> current =
                sorted.stream().filter(e -> still.contains(e.runId())).toList();
        Reports.writeLocked(
                transaction,
                current.stream()
                        .map(Ended::outcome)
                        .filter(Objects::nonNull)
                        .map(Outcome::remaining)
                        .filter(report -> !report.isEmpty())
                        .toList());
        finishWithOutcome(
                transaction, current.stream().filter(e -> e.outcome() != null).toList());
        List<RunOf> givenUp = current.stream()
                .filter(e -> e.outcome() == null)
                .map(Ended::run)
                .toList();
        if (!givenUp.isEmpty()) {
            triggers.schedule(transaction, release(transaction, givenUp));
        }
    }

    /** So with the short runs, which are many: their jobs need not be locked before they are changed. */
    private static boolean saysNothingButItsOutcome(Ended ended) {
        return ended.outcome() != null && ended.outcome().remaining().isEmpty();
    }

    private void finishWithOutcome(Connection transaction, List<Ended> ended) throws SQLException {
        if (ended.isEmpty()) {
            return;
        }
        List<Triggers.Planned> retries = RunEnd.end(transaction, ended);
        if (!retries.isEmpty()) {
            triggers.schedule(transaction, retries);
        }
    }

    /**
     * The node of these runs is dead: running to pending, the attempt is remembered as lost.
     *
     * @return the runs whose jobs must not run again: cancelled meanwhile, or held to be what kills the nodes
     */
    public List<String> lose(Connection transaction, List<RunOf> runs) throws SQLException {
        return RunLoss.lose(transaction, runs);
    }

    /**
     * These runs never started, or their node gave them up in good order: running to pending, the attempt is not counted.
     *
     * @return the triggers the jobs need, for a caller whose store does not keep the old ones
     */
    public List<Triggers.Planned> release(Connection transaction, List<RunOf> runs) throws SQLException {
        return RunRelease.release(transaction, runs);
    }

    /** What a running attempt must know of its job. */
    public enum Standing {
        /** It is still the job's run. */
        CURRENT,
        /** It is, and the job is to be cancelled. */
        CANCELLING,
        /** Another run replaced it, or the job is gone. */
        REPLACED
    }

    /** How the given runs stand, in their order. */
    public List<Standing> standing(List<RunOf> runs) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT CASE WHEN j.id IS NULL THEN 'REPLACED'
                                    WHEN j.cancel_requested_at IS NOT NULL THEN 'CANCELLING'
                                    ELSE 'CURRENT' END
                        FROM unnest(:ids, :runIds) WITH ORDINALITY AS e (id, run_id, place)
                        LEFT JOIN jobs AS j ON j.id = e.id AND j.run_id = e.run_id AND j.status = 'running'
                        ORDER BY e.place""")
                .bindArray(
                        "ids",
                        UUID.class,
                        runs.stream().map(run -> run.job().value()).toList())
                .bindArray(
                        "runIds", String.class, runs.stream().map(RunOf::runId).toList())
                .map((row, context) -> Standing.valueOf(row.getString(1)))
                .list());
    }
}
