package dev.carnelian.httpcall;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes on what an endpoint reports about a run, until it ends or the time is over. For one thread. */
final class ReportWait {
    private static final Logger LOG = LoggerFactory.getLogger(ReportWait.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

    private final RunReports reports;
    private final JobContext context;
    private int done;

    ReportWait(RunReports reports, JobContext context) {
        this.reports = reports;
        this.context = context;
    }

    /**
     * Waits for the end of the run.
     *
     * @return the result that was reported, null if it came without one
     * @throws JobFailedException with the failure that was reported, or {@code callback_deadline}
     */
    @Nullable
    JsonNode result(UUID run, Duration longest) throws InterruptedException {
        long endsAt = System.nanoTime() + longest.toNanos();
        try (ReportSignals.Waiting waiting = reports.waiting(run)) {
            while (true) {
                context.throwIfCancelled();
                Optional<RunReport> ending = look(run);
                if (ending.isPresent()) {
                    return resultOf(ending.get());
                }
                Duration left = Duration.ofNanos(endsAt - System.nanoTime());
                if (left.toMillis() <= 0) {
                    throw new JobFailedException(JobFailure.retryable(
                            "callback_deadline",
                            "the endpoint did not report an end within " + longest.toSeconds() + " s"));
                }
                waiting.await(left.compareTo(LOOK_EVERY) < 0 ? left : LOOK_EVERY);
            }
        }
    }

    /**
     * Passes on what was reported, and answers what ended the run. While the database is away the endpoint works on, and so
     * the wait does; if that lasts, the lease ends it.
     */
    private Optional<RunReport> look(UUID run) {
        Optional<RunReport> ending;
        List<RunReport> others;
        try {
            // Asked first, as whatever was reported before the ending is then there to be taken.
            ending = reports.ending(run);
            others = reports.take(run);
        } catch (JdbiException e) {
            LOG.debug("reports cannot be looked for", e);
            return Optional.empty();
        }
        others.forEach(this::pass);
        return ending;
    }

    /** What a report that ends its run says. */
    @Nullable
    JsonNode resultOf(RunReport ending) {
        pass(ending);
        if (ending.failure() != null) {
            throw new JobFailedException(ending.failure());
        }
        return ending.result();
    }

    private void pass(RunReport report) {
        report.logs().forEach(line -> context.log(line.level(), line.message()));
        if (report.message() != null) {
            context.message(report.message());
        }
        // Reports may overtake each other on their way here; progress does not go back.
        RunReport.Progress progress = report.progress();
        if (progress != null && progress.done() >= done) {
            done = progress.done();
            context.progress(progress.done(), progress.total());
        }
    }
}
