package dev.carnelian.worker;

import dev.carnelian.queue.Report;
import dev.carnelian.queue.Reports;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what this node's attempts report, all of them in one transaction, at most once in each interval. */
final class ReportWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReportWriter.class);

    private final Reports reports;
    private final Supplier<List<Attempt>> attempts;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "report-writer");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * @param attempts those under way
     */
    ReportWriter(Reports reports, Supplier<List<Attempt>> attempts, Duration interval) {
        this.reports = reports;
        this.attempts = attempts;
        var unused = timer.scheduleWithFixedDelay(
                this::write, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void write() {
        Map<Attempt, Report> taken = new HashMap<>();
        for (Attempt attempt : attempts.get()) {
            attempt.buffer().takeForWriting().ifPresent(report -> taken.put(attempt, report));
        }
        if (taken.isEmpty()) {
            return;
        }
        List<Report> batch = new ArrayList<>(taken.values());
        try {
            Set<String> written = reports.write(batch);
            taken.forEach((attempt, report) -> {
                attempt.buffer().acknowledge();
                if (!written.contains(report.runId())) {
                    attempt.stop(Stop.REPLACED);
                }
            });
        } catch (SQLException | JdbiException e) {
            LOG.warn("could not write {} reports, they are kept for the next try: {}", batch.size(), e.getMessage());
            taken.forEach((attempt, report) -> attempt.buffer().putBack(report));
        } catch (RuntimeException e) {
            LOG.error("could not write {} reports, they are kept for the next try", batch.size(), e);
            taken.forEach((attempt, report) -> attempt.buffer().putBack(report));
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
