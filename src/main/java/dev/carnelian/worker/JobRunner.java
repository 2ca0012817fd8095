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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Runs attempts: handler, timeout, cancellation, reports, and what the attempt ends with. Thread-safe.
 *
 * <p>The handler has a thread of its own. One that ignores its interrupt is abandoned after the grace: the attempt ends
 * without it, and whatever it reports later is refused.
 */
public final class JobRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

    private final Handlers handlers;
    private final Runs runs;
    private final Reports reports;
    private final ObjectMapper json;
    private final InstantSource clock;
    private final Verdict verdict;
    private final Duration grace;
    private final ReportWriter writer;
    private final Map<String, Attempt> running = new ConcurrentHashMap<>();
    private final AtomicInteger abandoned = new AtomicInteger();
    private final AtomicInteger threadNumber = new AtomicInteger();
    // Unbounded by itself: it never holds more than the Quartz threads that wait here, and the abandoned ones.
    private final ExecutorService threads = Executors.newCachedThreadPool(this::handlerThread);

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
        this.grace = grace;
        this.writer = new ReportWriter(reports, reportInterval);
    }

    private Thread handlerThread(Runnable task) {
        Thread thread = new Thread(task, "handler-" + threadNumber.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Runs one attempt to its end.
     *
     * @return what it ended with; empty if this node gives it up and the job is to wait for another attempt
     */
    public Optional<Outcome> run(Claimed claimed) {
        Attempt attempt = new Attempt(claimed, clock, beginning(claimed.job()));
        running.put(claimed.runId(), attempt);
        writer.add(attempt);
        try (var jobId = MDC.putCloseable("job_id", claimed.job().toString());
                var number = MDC.putCloseable("attempt", Integer.toString(claimed.attempt()))) {
            Optional<Outcome> outcome = verdict.on(attempt, supervise(attempt));
            tell(claimed, outcome);
            return outcome;
        } finally {
            writer.remove(attempt);
            running.remove(claimed.runId());
        }
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

    private Ending supervise(Attempt attempt) {
        CompletableFuture<Object> result = new CompletableFuture<>();
        Future<?> thread = threads.submit(() -> handle(attempt, result));
        try {
            CompletableFuture.anyOf(result, attempt.stopped())
                    .get(attempt.timeLeft().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            attempt.stop(Stop.TIMED_OUT);
        } catch (ExecutionException | InterruptedException e) {
            // the handler's own failure is read below; nobody interrupts a Quartz worker thread but the end of the JVM
            LOG.debug("attempt ended early", e);
        }
        if (!result.isDone()) {
            attempt.stop(Stop.HANDED_BACK);
            thread.cancel(true);
            return await(attempt, result);
        }
        return ending(result);
    }

    private Ending await(Attempt attempt, CompletableFuture<Object> result) {
        try {
            result.get(grace.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | InterruptedException e) {
            abandoned.incrementAndGet();
            LOG.warn(
                    "the handler of {} ignores its interrupt and is left behind; the attempt ends without it",
                    attempt.claimed().type());
            var unused = result.whenComplete((late, failure) -> abandoned.decrementAndGet());
            return Ending.NONE;
        } catch (ExecutionException | CancellationException e) {
            LOG.debug("the handler stopped", e);
        }
        return ending(result);
    }

    private static Ending ending(CompletableFuture<Object> result) {
        try {
            return new Ending(result.getNow(null), null);
        } catch (CompletionException e) {
            return new Ending(null, e.getCause());
        }
    }

    private void handle(Attempt attempt, CompletableFuture<Object> result) {
        Claimed claimed = attempt.claimed();
        try (var jobId = MDC.putCloseable("job_id", claimed.job().toString());
                var number = MDC.putCloseable("attempt", Integer.toString(claimed.attempt()))) {
            JobHandler<?, ?> handler = handlers.find(claimed.type())
                    .orElseThrow(() -> new JobFailedException(JobFailure.retryable(
                            "no_handler", "no handler for " + claimed.type() + " on the node that claimed the job")));
            String input = claimed.input();
            if (input == null) {
                input = runs.input(attempt.run()).orElseThrow(() -> replaced(attempt));
            }
            result.complete(invoke(handler, input, attempt));
        } catch (Throwable e) { // the thread's edge: whatever a handler throws is the attempt's failure
            result.completeExceptionally(e);
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
        running.values().stream()
                .filter(attempt -> attempt.jobId().equals(job))
                .forEach(attempt -> attempt.stop(Stop.CANCELLED));
    }

    /** Stops everything that runs here; the jobs wait for another attempt. */
    public void handAllBack() {
        running.values().forEach(attempt -> attempt.stop(Stop.HANDED_BACK));
    }

    /** Asks the database how this node's attempts stand, and stops those that are cancelled or replaced. */
    public void checkStandings() {
        List<Attempt> attempts = List.copyOf(running.values());
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
        return running.values().stream().map(Attempt::run).toList();
    }

    /** How many handlers were left behind because they ignored their interrupt, and still run. */
    public int abandoned() {
        return abandoned.get();
    }

    @Override
    public void close() {
        writer.close();
        threads.shutdownNow();
    }
}
