package dev.carnelian.queue;

import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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
    /** A job that was running at this many deaths of its node is held to be their cause. */
    static final int POISONOUS_DEATHS = 3;

    /** A longer input is not carried along with the claim. */
    private static final int SHORT_INPUT_BYTES = 4_000;

    private final Jdbi jdbi;
    private final Triggers triggers;

    /** A run and the job it belongs to. */
    public record RunOf(JobId job, String runId) {}

    /** A run of this node that ended; without an outcome the node gave it up, and the job waits again. */
    public record Ended(JobId job, String runId, @Nullable Outcome outcome) {}

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
        String sql = """
                UPDATE jobs SET status = 'running', attempt = attempt + 1, run_id = due.run_id, node = ?,
                    started_at = now(), version = version + 1
                FROM (SELECT e.id, e.run_id
                      FROM unnest(?::uuid[], ?::text[]) AS e (id, run_id)
                      CROSS JOIN LATERAL (SELECT 1 FROM jobs
                          WHERE jobs.id = e.id AND jobs.status = 'pending' FOR NO KEY UPDATE) AS j) AS due
                WHERE jobs.id = due.id AND jobs.status = 'pending'
                RETURNING jobs.id, jobs.run_id, tenant_id, type, attempt, max_attempts - (attempt - node_deaths),
                    backoff_kind, backoff_initial_ms, backoff_max_ms, backoff_jitter, timeout_ms,
                    CASE WHEN pg_column_size(input) <= %d THEN input END""".formatted(SHORT_INPUT_BYTES);
        List<Claimed> claimed = new ArrayList<>(runs.size());
        try (PreparedStatement statement = transaction.prepareStatement(sql)) {
            List<RunOf> sorted = sorted(runs);
            statement.setString(1, node);
            statement.setArray(2, ids(transaction, sorted));
            statement.setArray(3, runIds(transaction, sorted));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    claimed.add(claimed(row));
                }
            }
        }
        return claimed;
    }

    private static Claimed claimed(ResultSet row) throws SQLException {
        Backoff backoff = new Backoff(
                Backoff.Kind.valueOf(row.getString(7).toUpperCase(Locale.ROOT)),
                Duration.ofMillis(row.getLong(8)),
                Duration.ofMillis(row.getLong(9)),
                row.getDouble(10));
        return new Claimed(
                new JobId(row.getObject(1, UUID.class)),
                row.getString(2),
                new TenantId(row.getString(3)),
                row.getString(4),
                row.getInt(5),
                row.getInt(6),
                backoff,
                Duration.ofMillis(row.getLong(11)),
                row.getString(12));
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
                transaction,
                sorted.stream().map(e -> new RunOf(e.job(), e.runId())).toList());
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
                .map(e -> new RunOf(e.job(), e.runId()))
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
        // The old row's values are read through "before": SET would hand out the new ones to the attempt's history.
        String sql = """
                WITH e AS (
                    SELECT * FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::boolean[], ?::bigint[])
                        AS e (id, run_id, result, code, message, retryable, retry_after_ms)
                ), decided AS (
                    SELECT e.*, j.attempt, j.node, j.started_at,
                        CASE WHEN j.cancel_requested_at IS NOT NULL OR (e.result IS NULL AND e.code IS NULL)
                                 THEN 'cancelled'
                             WHEN e.code IS NULL THEN 'completed'
                             WHEN e.retry_after_ms IS NULL THEN 'failed'
                             ELSE 'pending' END AS status
                    FROM e CROSS JOIN LATERAL (SELECT * FROM jobs
                        WHERE jobs.id = e.id AND jobs.run_id = e.run_id AND jobs.status = 'running'
                        FOR NO KEY UPDATE) AS j
                ), history AS (
                    INSERT INTO job_attempts
                        (job_id, attempt, node, outcome, started_at, ended_at, code, message, retryable)
                    SELECT id, attempt, node, 'failed', started_at, now(), code, message, retryable
                    FROM decided WHERE status = 'pending'
                )
                UPDATE jobs SET
                    status = d.status,
                    final_status = nullif(d.status, 'pending'),
                    completed_at = CASE WHEN d.status <> 'pending' THEN now() END,
                    expires_at = CASE WHEN d.status <> 'pending' THEN now() + make_interval(secs => jobs.retention_s) END,
                    cancel_requested_at = CASE WHEN d.status = 'cancelled'
                        THEN coalesce(jobs.cancel_requested_at, now()) ELSE jobs.cancel_requested_at END,
                    result = CASE WHEN d.status IN ('completed', 'failed') THEN d.result::json END,
                    failure_code = CASE WHEN d.status IN ('failed', 'pending') THEN d.code END,
                    failure_message = CASE WHEN d.status IN ('failed', 'pending') THEN d.message END,
                    run_at = CASE WHEN d.status = 'pending'
                        THEN now() + d.retry_after_ms * interval '1 millisecond' ELSE jobs.run_at END,
                    run_id = CASE WHEN d.status <> 'pending' THEN jobs.run_id END,
                    version = jobs.version + 1
                FROM decided AS d
                WHERE jobs.id = d.id AND jobs.run_id = d.run_id AND jobs.status = 'running'
                RETURNING jobs.id, jobs.tenant_id, jobs.type, jobs.priority, jobs.run_at, jobs.status""";
        List<Triggers.Planned> retries = new ArrayList<>();
        try (PreparedStatement statement = transaction.prepareStatement(sql)) {
            int size = ended.size();
            Object[][] columns = new Object[7][size];
            for (int i = 0; i < size; i++) {
                fill(columns, i, ended.get(i));
            }
            String[] types = {"uuid", "text", "text", "text", "text", "bool", "int8"};
            for (int i = 0; i < types.length; i++) {
                statement.setArray(i + 1, transaction.createArrayOf(types[i], columns[i]));
            }
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if ("pending".equals(row.getString(6))) {
                        retries.add(planned(row));
                    }
                }
            }
        }
        if (!retries.isEmpty()) {
            triggers.schedule(transaction, retries);
        }
    }

    @SuppressWarnings("NullAway") // columns of an SQL array may hold nulls
    private static void fill(Object[][] columns, int i, Ended ended) {
        columns[0][i] = ended.job().value();
        columns[1][i] = ended.runId();
        if (ended.outcome() instanceof Outcome.Completed completed) {
            columns[2][i] = completed.result();
        } else if (ended.outcome() instanceof Outcome.Failed failed) {
            JobFailure failure = failed.failure();
            columns[2][i] = failed.result();
            columns[3][i] = failure.code();
            columns[4][i] = failure.message();
            columns[5][i] = failure.retryable();
            columns[6][i] =
                    failed.retryAfter() == null ? null : failed.retryAfter().toMillis();
        }
    }

    /**
     * The node of these runs is dead: running to pending, the attempt is remembered as lost.
     *
     * @return the runs whose jobs must not run again: cancelled meanwhile, or held to be what kills the nodes
     */
    public List<String> lose(Connection transaction, List<RunOf> runs) throws SQLException {
        String sql = """
                WITH lost AS (
                    SELECT j.*,
                        CASE WHEN j.cancel_requested_at IS NOT NULL THEN 'cancelled'
                             WHEN j.node_deaths + 1 >= %d THEN 'failed'
                             ELSE 'pending' END AS next_status
                    FROM unnest(?::uuid[], ?::text[]) AS e (id, run_id)
                    CROSS JOIN LATERAL (SELECT * FROM jobs
                        WHERE jobs.id = e.id AND jobs.run_id = e.run_id AND jobs.status = 'running'
                        FOR NO KEY UPDATE) AS j
                ), history AS (
                    INSERT INTO job_attempts
                        (job_id, attempt, node, outcome, started_at, ended_at, code, message, retryable)
                    SELECT id, attempt, node, 'lost', started_at, now(), 'node_lost',
                        'the node that ran this attempt stopped answering', true
                    FROM lost WHERE next_status = 'pending'
                )
                UPDATE jobs SET
                    status = lost.next_status,
                    final_status = nullif(lost.next_status, 'pending'),
                    node_deaths = jobs.node_deaths + 1,
                    completed_at = CASE WHEN lost.next_status <> 'pending' THEN now() END,
                    expires_at = CASE WHEN lost.next_status <> 'pending'
                        THEN now() + make_interval(secs => jobs.retention_s) END,
                    failure_code = CASE lost.next_status WHEN 'failed' THEN 'poison' WHEN 'pending' THEN 'node_lost' END,
                    failure_message = CASE lost.next_status
                        WHEN 'failed' THEN 'the job was running at %d deaths of its node and is not tried again'
                        WHEN 'pending' THEN 'the node that ran the last attempt stopped answering' END,
                    result = CASE WHEN lost.next_status = 'failed' THEN json_build_object('error', json_build_object(
                        'code', 'poison',
                        'message', 'the job was running at %d deaths of its node and is not tried again',
                        'retryable', false, 'attempt', jobs.attempt)) END,
                    run_at = CASE WHEN lost.next_status = 'pending' THEN now() ELSE jobs.run_at END,
                    run_id = CASE WHEN lost.next_status <> 'pending' THEN jobs.run_id END,
                    version = jobs.version + 1
                FROM lost
                WHERE jobs.id = lost.id AND jobs.status = 'running'
                RETURNING jobs.id, jobs.status""".formatted(POISONOUS_DEATHS, POISONOUS_DEATHS, POISONOUS_DEATHS);
        List<RunOf> sorted = sorted(runs);
        Set<UUID> waiting = new HashSet<>();
        try (PreparedStatement statement = transaction.prepareStatement(sql)) {
            statement.setArray(1, ids(transaction, sorted));
            statement.setArray(2, runIds(transaction, sorted));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if ("pending".equals(row.getString(2))) {
                        waiting.add(row.getObject(1, UUID.class));
                    }
                }
            }
        }
        return sorted.stream()
                .filter(run -> !waiting.contains(run.job().value()))
                .map(RunOf::runId)
                .toList();
    }

    /**
     * These runs never started, or their node gave them up in good order: running to pending, the attempt is not counted.
     *
     * @return the triggers the jobs need, for a caller whose store does not keep the old ones
     */
    public List<Triggers.Planned> release(Connection transaction, List<RunOf> runs) throws SQLException {
        String sql = """
                WITH mine AS (
                    SELECT j.id, j.cancel_requested_at IS NOT NULL AS cancelled
                    FROM unnest(?::uuid[], ?::text[]) AS e (id, run_id)
                    CROSS JOIN LATERAL (SELECT * FROM jobs
                        WHERE jobs.id = e.id AND jobs.run_id = e.run_id AND jobs.status = 'running'
                        FOR NO KEY UPDATE) AS j
                )
                UPDATE jobs SET
                    status = CASE WHEN mine.cancelled THEN 'cancelled' ELSE 'pending' END,
                    final_status = CASE WHEN mine.cancelled THEN 'cancelled' END,
                    completed_at = CASE WHEN mine.cancelled THEN now() END,
                    expires_at = CASE WHEN mine.cancelled THEN now() + make_interval(secs => jobs.retention_s) END,
                    attempt = CASE WHEN mine.cancelled THEN attempt ELSE attempt - 1 END,
                    run_at = CASE WHEN mine.cancelled THEN run_at ELSE now() END,
                    run_id = CASE WHEN mine.cancelled THEN run_id END,
                    version = version + 1
                FROM mine
                WHERE jobs.id = mine.id AND jobs.status = 'running'
                RETURNING jobs.id, tenant_id, type, priority, run_at, status""";
        List<RunOf> sorted = sorted(runs);
        List<Triggers.Planned> released = new ArrayList<>();
        try (PreparedStatement statement = transaction.prepareStatement(sql)) {
            statement.setArray(1, ids(transaction, sorted));
            statement.setArray(2, runIds(transaction, sorted));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if ("pending".equals(row.getString(6))) {
                        released.add(planned(row));
                    }
                }
            }
        }
        return released;
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

    private static Triggers.Planned planned(ResultSet row) throws SQLException {
        return new Triggers.Planned(
                new JobId(row.getObject(1, UUID.class)),
                new TenantId(row.getString(2)),
                row.getString(3),
                row.getInt(4),
                row.getObject(5, OffsetDateTime.class).toInstant());
    }

    private static List<RunOf> sorted(Collection<RunOf> runs) {
        return runs.stream().sorted(Comparator.comparing(RunOf::job)).toList();
    }

    static Array ids(Connection connection, List<RunOf> runs) throws SQLException {
        return connection.createArrayOf(
                "uuid", runs.stream().map(run -> run.job().value()).toArray());
    }

    static Array runIds(Connection connection, List<RunOf> runs) throws SQLException {
        return connection.createArrayOf("text", runs.stream().map(RunOf::runId).toArray());
    }
}
