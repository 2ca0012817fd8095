package dev.carnelian.httpcall;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.f4b6a3.uuid.UuidCreator;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobId;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What endpoints report about their runs, from whatever node took it to the one whose attempt waits for it. Thread-safe.
 *
 * <p>A report that was accepted is durable: one that completes a run whose node has died is what the next attempt ends
 * with.
 */
public final class RunReports {
    private static final Logger LOG = LoggerFactory.getLogger(RunReports.class);
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final Jdbi jdbi;
    private final ReportSignals signals;

    public RunReports(Jdbi jdbi, ReportSignals signals) {
        this.jdbi = jdbi;
        this.signals = signals;
    }

    /** A run that may be reported about, and the token that proves it. */
    record Open(UUID id, RunToken token) {}

    /**
     * A run as a report finds it.
     *
     * @param runId the fence: as {@code jobs.run_id}
     */
    public record Run(UUID id, JobId job, String runId) {}

    /** What became of a report. */
    public enum Taken {
        /** It is stored; or it was already, as the one that ended the run. */
        YES,
        /** The run has ended with another report. */
        ENDED,
        /** More of them come than a run may send: 50 at once, five in a second for long, 200 that nobody has read. */
        TOO_MANY
    }

    /** Makes a run of this attempt. */
    Open open(JobContext context) {
        Open run = new Open(UuidCreator.getTimeOrderedEpoch(), RunToken.random());
        jdbi.useExtension(
                RunDao.class,
                runs -> runs.insert(
                        run.id(),
                        context.tenant().value(),
                        context.jobId().value(),
                        context.runId(),
                        run.token().hash()));
        return run;
    }

    /** Forgets a run that nobody reports about; at once if the database answers, else with all that are old. */
    void forget(Open run) {
        try {
            jdbi.useExtension(RunDao.class, runs -> runs.delete(run.id()));
        } catch (JdbiException e) {
            LOG.debug("run {} of an endpoint that has answered stays until it is old", run.id(), e);
        }
    }

    /** The run that this token belongs to; empty for a wrong one as for a run that never was. */
    public Optional<Run> find(UUID id, String token) {
        byte[] hash = RunToken.hash(token);
        return jdbi.withExtension(RunDao.class, runs -> runs.find(id))
                .filter(row -> MessageDigest.isEqual(row.tokenHash(), hash))
                .map(row -> new Run(id, new JobId(row.jobId()), row.runId()));
    }

    /** Stores a report, and wakes the attempt that waits for it. The caller has made sure that the run is still the job's. */
    public Taken add(Run run, RunReport report) {
        String text = text(report);
        Taken taken = jdbi.withExtension(RunDao.class, runs -> {
            int stored = report.ends() ? runs.end(run.id(), text, report.completed()) : runs.append(run.id(), text);
            if (stored > 0 || hasEndedWith(run, report)) {
                return Taken.YES;
            }
            return runs.hasEnded(run.id()) ? Taken.ENDED : Taken.TOO_MANY;
        });
        if (taken == Taken.YES) {
            signals.send(run.id());
        }
        return taken;
    }

    /** Whether this very report ended the run: its sender may not have heard that it was taken. */
    public boolean hasEndedWith(Run run, RunReport report) {
        return jdbi.withExtension(RunDao.class, runs -> runs.ending(run.id()))
                .filter(text(report)::equals)
                .isPresent();
    }

    /** What was reported since the last call and does not end the run, in its order. */
    List<RunReport> take(UUID run) {
        return jdbi.withExtension(RunDao.class, runs -> runs.take(run)).stream()
                .map(RunReports::report)
                .toList();
    }

    /** The report that ended the run, if it has. */
    Optional<RunReport> ending(UUID run) {
        return jdbi.withExtension(RunDao.class, runs -> runs.ending(run)).map(RunReports::report);
    }

    /** What an earlier run of the job was completed with, whose attempt could not say so any more. */
    Optional<RunReport> completedBefore(JobId job) {
        return jdbi.withExtension(RunDao.class, runs -> runs.completed(job.value()))
                .map(RunReports::report);
    }

    /** Waits until a report about the run comes in, or the time is over; may return early. */
    ReportSignals.Waiting waiting(UUID run) {
        return signals.waitFor(run);
    }

    /** Deletes runs older than three days; answers how many. */
    public int deleteOld(int batch) {
        return jdbi.withExtension(RunDao.class, runs -> runs.deleteOld(batch));
    }

    private static String text(RunReport report) {
        try {
            return JSON.writeValueAsString(report);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report that was read cannot be written", e);
        }
    }

    private static RunReport report(String text) {
        try {
            return JSON.readValue(text, RunReport.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored report cannot be read", e);
        }
    }
}
