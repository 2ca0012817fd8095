package dev.carnelian.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobId;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.queue.Claimed;
import dev.carnelian.queue.Outcome;
import dev.carnelian.queue.Reports;
import dev.carnelian.queue.Runs;
import dev.carnelian.queue.Runs.RunOf;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Runs attempts: handler, timeout, cancellation, reports, and what the attempt ends with. Thread-safe.
 *
 * <p>The handler runs on the caller's thread and is interrupted when it has to stop. One that ignores that is left behind
 * after the grace, together with the thread: the attempt ends without it, and whatever it reports later is refused.
 */
public final class JobRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

    private final Handlers handlers;
    private final Runs runs;
    private final Reports reports;
    private final ObjectMapper json;
    private final InstantSource clock;
    private final Verdict verdict;
    private final Overseer overseer;
    private final ReportWriter writer;

    /** How an attempt ends whose handler does not: called once, by another thread, with what {@link #run} answers. */
    public interface LeavingBehind {
        void endWith(Optional<Outcome> outcome);
    }

    /**
     * @param json binds inputs and writes results
     * @param grace how long a handler may take to stop when it is told to
     * @param reportInterval the shortest time between two writes of a job's progress
     */
    public JobRunner(
            Handlers handlers,
            Runs runs,
            Reports reports,
            ObjectMapper json,
            InstantSource clock,
            Duration grace,
            Duration reportInterval) {
        this.handlers = handlers;
        this.runs = runs;
        this.reports = reports;
        this.json = json;
        this.clock = clock;
        this.verdict = new Verdict(json);
        this.overseer = new Overseer(grace);
        this.writer = new ReportWriter(reports, overseer::attempts, reportInterval);
    }

    /**
     * Runs one attempt to its end.
     *
     * @return what it ended with; empty if this node gives it up and the job is to wait for another attempt, and also if
     *     the attempt was left behind and has ended already
     */
    public Optional<Outcome> run(Claimed claimed, LeavingBehind leaving) {
        Attempt attempt = new Attempt(claimed, clock, beginning(claimed.job()));
        overseer.add(attempt, () -> leaveBehind(attempt, leaving));
        try (var jobId = MDC.putCloseable("job_id", claimed.job().toString());
                var number = MDC.putCloseable("attempt", Integer.toString(claimed.attempt()))) {
            attempt.begin();
            Ending ending = handle(attempt);
            return attempt.end() ? outcome(attempt, ending) : Optional.empty();
        } finally {
            overseer.remove(attempt);
        }
    }

    private void leaveBehind(Attempt attempt, LeavingBehind leaving) {
        LOG.warn(
                "the handler of {} ignores its interrupt and is left behind; the attempt of job {} ends without it",
                attempt.claimed().type(),
                attempt.jobId());
        leaving.endWith(outcome(attempt, Ending.NONE));
    }

    private Optional<Outcome> outcome(Attempt attempt, Ending ending) {
        Optional<Outcome> outcome = verdict.on(attempt, ending);
        tell(attempt.claimed(), outcome);
        return outcome;
    }

    private Attempt.Beginning beginning(JobId job) {
        return new Attempt.Beginning() {
            @Override
            public Optional<String> checkpoint() {
                return reports.checkpoint(job);
            }

            @Override
            public Optional<List<SelectedItem>> selected() {
                return reports.selected(job);
            }
        };
    }

    /** Nothing of the thousands that go well. */
    private static void tell(Claimed claimed, Optional<Outcome> outcome) {
        if (outcome.isEmpty()) {
            LOG.info("{} attempt given back: it does not count, and another one follows", claimed.type());
        } else if (outcome.get() instanceof Outcome.Failed failed) {
            String next = failed.retryAfter() == null ? "for good" : "tried again in " + failed.retryAfter();
            LOG.info(
                    "{} attempt failed with {}, {}",
                    claimed.type(),
                    failed.failure().code(),
                    next);
        } else {
            LOG.debug("{} attempt ended", claimed.type());
        }
    }

    private Ending handle(Attempt attempt) {
        Claimed claimed = attempt.claimed();
        try {
            JobHandler<?, ?> handler = handlers.find(claimed.type())
                    .orElseThrow(() -> new JobFailedException(JobFailure.retryable(
                            "no_handler", "no handler for " + claimed.type() + " on the node that claimed the job")));
            String input = claimed.input();
            if (input == null) {
                input = runs.input(attempt.run()).orElseThrow(() -> replaced(attempt));
            }
            return new Ending(invoke(handler, input, attempt), null);
        } catch (Throwable e) { // whatever a handler throws is the attempt's failure
            return new Ending(null, e);
        }
    }

    private static JobCancelledException replaced(Attempt attempt) {
        attempt.stop(Stop.REPLACED);
        return new JobCancelledException(Stop.REPLACED.reason());
    }

    private <I> Object invoke(JobHandler<I, ?> handler, String input, Attempt attempt) throws Exception {
        I bound;
        try {
            bound = json.readValue(input, handler.type().input());
        } catch (JsonProcessingException e) {
            throw new JobFailedException(
                    // Perhaps a newer node accepted it: during a rolling deployment the next attempt may meet one.
                    JobFailure.retryable(
                            "invalid_input", "the input no longer fits its type: " + e.getOriginalMessage()),
                    e);
        }
        Object result = handler.handle(bound, attempt);
        if (result == null) {
            throw new JobFailedException(JobFailure.permanent("invalid_result", "the handler returned nothing"));
        }
        return result;
    }

    // ---- what may happen to attempts from outside

    /** Stops the job's attempt if it runs here. */
    public void cancel(JobId job) {
        overseer.attempts().stream()
                .filter(attempt -> attempt.jobId().equals(job))
                .forEach(attempt -> attempt.stop(Stop.CANCELLED));
    }

    /** Stops everything that runs here; the jobs wait for another attempt. */
    public void handAllBack() {
        overseer.attempts().forEach(attempt -> attempt.stop(Stop.HANDED_BACK));
    }

    /** Asks the database how this node's attempts stand, and stops those that are cancelled or replaced. */
    public void checkStandings() {
        List<Attempt> attempts = overseer.attempts();
        if (attempts.isEmpty()) {
            return;
        }
        List<Runs.Standing> standings =
                runs.standing(attempts.stream().map(Attempt::run).toList());
        for (int i = 0; i < attempts.size(); i++) {
            switch (standings.get(i)) {
                case CANCELLING -> attempts.get(i).stop(Stop.CANCELLED);
                case REPLACED -> attempts.get(i).stop(Stop.REPLACED);
                case CURRENT -> {}
            }
        }
    }

    /** The runs under way on this node. */
    public List<RunOf> running() {
        return overseer.attempts().stream().map(Attempt::run).toList();
    }

    /** How many handlers were left behind because they ignored their interrupt, and still run. */
    public int abandoned() {
        return overseer.leftBehind();
    }

    @Override
    public void close() {
        writer.close();
        overseer.close();
    }
}
