package dev.carnelian.queue;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobId;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.queue.Report.Progress;
import dev.carnelian.queue.Runs.RunOf;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Writes progress, items, log lines and checkpoints of many attempts at once, and reads what an attempt begins with.
 * Thread-safe.
 */
public final class Reports {
    private final Jdbi jdbi;

    public Reports(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * Writes the reports of the attempts that still run, and none of the others.
     *
     * @return the run ids whose reports were written; a run that is missing was replaced and must stop
     */
    public Set<String> write(List<Report> reports) throws SQLException {
        return jdbi.inTransaction(transaction -> {
            Connection connection = transaction.getConnection();
            List<Report> mine = lockRunning(connection, reports);
            writeLocked(connection, mine);
            Set<String> written = new HashSet<>();
            mine.forEach(report -> written.add(report.runId()));
            return written;
        });
    }

    /** The checkpoint an earlier attempt left, if any. */
    public Optional<String> checkpoint(JobId job) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT checkpoint FROM job_progress WHERE job_id = :id")
                .bind("id", job.value())
                .mapTo(String.class)
                .findOne());
    }

    /** The items the job is about, in the order of their positions; empty when it is about all of its input. */
    public Optional<List<SelectedItem>> selected(JobId job) {
        return jdbi.withHandle(handle -> Selections.of(handle, job));
    }

    private static List<Report> lockRunning(Connection connection, List<Report> reports) throws SQLException {
        List<Report> sorted = new ArrayList<>(reports);
        sorted.sort(Comparator.comparing(Report::job));
        Set<String> running = RunLock.SHARE.take(
                connection,
                new OrderedRuns(
                        sorted.stream().map(r -> new RunOf(r.job(), r.runId())).toList()));
        return sorted.stream()
                .filter(report -> running.contains(report.runId()))
                .toList();
    }

    /** Writes reports whose jobs the caller has locked. */
    static void writeLocked(Connection connection, List<Report> reports) throws SQLException {
        writeProgress(
                connection,
                reports.stream()
                        .filter(r -> r.progress() != null || r.checkpoint() != null)
                        .toList());
        writeItems(
                connection, reports.stream().filter(r -> !r.items().isEmpty()).toList());
        writeLines(
                connection, reports.stream().filter(r -> !r.lines().isEmpty()).toList());
    }

    private static void writeProgress(Connection connection, List<Report> reports) throws SQLException {
        if (reports.isEmpty()) {
            return;
        }
        // Within an attempt the percentage never falls; a new attempt starts again.
        String sql = """
                INSERT INTO job_progress AS p
                    (job_id, run_id, percent, processed, total, failed_items, message, checkpoint, updated_at)
                SELECT id, run_id, coalesce(percent, 0), processed, total, coalesce(failed, 0), message, checkpoint, now()
                FROM unnest(?::uuid[], ?::text[], ?::int[], ?::int[], ?::int[], ?::int[], ?::text[], ?::text[])
                    AS e (id, run_id, percent, processed, total, failed, message, checkpoint)
                ON CONFLICT (job_id) DO UPDATE SET
                    run_id = excluded.run_id,
                    percent = CASE WHEN p.run_id = excluded.run_id
                        THEN greatest(p.percent, excluded.percent) ELSE excluded.percent END,
                    processed = CASE WHEN p.run_id = excluded.run_id
                        THEN coalesce(excluded.processed, p.processed) ELSE excluded.processed END,
                    total = CASE WHEN p.run_id = excluded.run_id
                        THEN coalesce(excluded.total, p.total) ELSE excluded.total END,
                    failed_items = CASE WHEN p.run_id = excluded.run_id
                        THEN greatest(p.failed_items, excluded.failed_items) ELSE excluded.failed_items END,
                    message = CASE WHEN p.run_id = excluded.run_id
                        THEN coalesce(excluded.message, p.message) ELSE excluded.message END,
                    checkpoint = coalesce(excluded.checkpoint, p.checkpoint),
                    updated_at = excluded.updated_at""";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            List<@Nullable Progress> progress = new ArrayList<>();
            reports.forEach(report -> progress.add(report.progress()));
            statement.setArray(
                    1,
                    array(
                            connection,
                            "uuid",
                            reports.stream().map(r -> r.job().value()).toArray()));
            statement.setArray(
                    2,
                    array(
                            connection,
                            "text",
                            reports.stream().map(Report::runId).toArray()));
            statement.setArray(
                    3,
                    array(
                            connection,
                            "int4",
                            progress.stream()
                                    .map(p -> p == null ? null : p.percent())
                                    .toArray()));
            statement.setArray(
                    4,
                    array(
                            connection,
                            "int4",
                            progress.stream()
                                    .map(p -> p == null ? null : p.processed())
                                    .toArray()));
            statement.setArray(
                    5,
                    array(
                            connection,
                            "int4",
                            progress.stream()
                                    .map(p -> p == null ? null : p.total())
                                    .toArray()));
            statement.setArray(
                    6,
                    array(
                            connection,
                            "int4",
                            progress.stream()
                                    .map(p -> p == null ? null : p.failed())
                                    .toArray()));
            statement.setArray(
                    7,
                    array(
                            connection,
                            "text",
                            progress.stream()
                                    .map(p -> p == null ? null : p.message())
                                    .toArray()));
            statement.setArray(
                    8,
                    array(
                            connection,
                            "text",
                            reports.stream().map(Report::checkpoint).toArray()));
            statement.executeUpdate();
        }
    }

    private static void writeItems(Connection connection, List<Report> reports) throws SQLException {
        if (reports.isEmpty()) {
            return;
        }
        String sql = """
                INSERT INTO job_items (job_id, position, name, attempt, code, message, retryable)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (job_id, position) DO UPDATE SET name = excluded.name, attempt = excluded.attempt,
                    code = excluded.code, message = excluded.message, retryable = excluded.retryable, at = now()""";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (Report report : reports) {
                Map<Integer, ItemOutcome> latest = new LinkedHashMap<>();
                report.items().forEach(item -> latest.put(item.position(), item));
                for (ItemOutcome item : latest.values()) {
                    JobFailure failure = item.failure();
                    statement.setObject(1, report.job().value());
                    statement.setInt(2, item.position());
                    statement.setString(3, item.name().replace('\u0000', '\uFFFD'));
                    statement.setInt(4, report.attempt());
                    statement.setString(5, failure == null ? null : failure.code());
                    statement.setString(6, failure == null ? null : failure.message());
                    statement.setObject(7, failure == null ? null : failure.retryable(), Types.BOOLEAN);
                    statement.addBatch();
                }
            }
            statement.executeBatch();
        }
    }

    private static void writeLines(Connection connection, List<Report> reports) throws SQLException {
        if (reports.isEmpty()) {
            return;
        }
        String sql = "INSERT INTO job_logs (job_id, attempt, at, level, message) VALUES (?, ?, ?, ?, ?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (Report report : reports) {
                for (Report.Line line : report.lines()) {
                    statement.setObject(1, report.job().value());
                    statement.setInt(2, report.attempt());
                    statement.setObject(3, OffsetDateTime.ofInstant(line.at(), ZoneOffset.UTC));
                    statement.setString(4, line.level().name().toLowerCase(Locale.ROOT));
                    statement.setString(5, line.message().replace('\u0000', '\uFFFD'));
                    statement.addBatch();
                }
            }
            statement.executeBatch();
        }
    }

    private static Array array(Connection connection, String type, @Nullable Object[] values) throws SQLException {
        return connection.createArrayOf(type, values);
    }
}
