package dev.carnelian.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobType.Limits;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Claimed;
import dev.carnelian.queue.Outcome;
import dev.carnelian.queue.Report;
import dev.carnelian.testkit.KitContext.Interruption;
import dev.carnelian.testkit.TestAttempt.Ending;
import dev.carnelian.worker.Trial;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A job that a test runs attempt by attempt. What an attempt reports is kept for the next one, as the database would keep
 * it. Not thread-safe.
 */
public final class TestJob {
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final JobHandler<?, ?> handler;
    private final ObjectMapper json;
    private final TenantId tenant;
    private final String input;
    private final JobId id = JobId.next();
    private final Map<Integer, ItemOutcome> items = new TreeMap<>();
    private Duration timeout;
    private int attempts;
    private @Nullable String checkpoint;
    private @Nullable List<SelectedItem> selected;

    TestJob(JobHandler<?, ?> handler, ObjectMapper json, TenantId tenant, String input) {
        this.handler = handler;
        this.json = json;
        this.tenant = tenant;
        this.input = input;
        Duration usual = handler.type().limits().timeout();
        this.timeout = usual.compareTo(LONGEST) < 0 ? usual : LONGEST;
    }

    public JobId id() {
        return id;
    }

    public TenantId tenant() {
        return tenant;
    }

    /** The longest an attempt may take; that of the type, but at most a minute, unless it is set. */
    public TestJob timeout(Duration longest) {
        timeout = longest;
        return this;
    }

    /** Makes the job a rerun that is about these items alone. */
    public TestJob selecting(List<SelectedItem> only) {
        selected = List.copyOf(only);
        return this;
    }

    /**
     * A new job about the items of this one that failed, as {@code POST /jobs/{id}/rerun} with {@code only:
     * failed_items} makes it.
     *
     * @throws IllegalStateException if none failed
     */
    public TestJob rerunFailedItems() {
        List<SelectedItem> failed = items.values().stream()
                .filter(item -> item.failure() != null)
                .map(item -> new SelectedItem(item.position(), item.name()))
                .toList();
        if (failed.isEmpty()) {
            throw new IllegalStateException("no item of the job failed");
        }
        return new TestJob(handler, json, tenant, input).selecting(failed);
    }

    /** What is known of the items, by position: what the attempts so far reported of them last. */
    public Map<Integer, ItemOutcome> items() {
        return Collections.unmodifiableMap(items);
    }

    /** What the last attempt that saved one left as its checkpoint. */
    public Optional<String> checkpoint() {
        return Optional.ofNullable(checkpoint);
    }

    /** Runs the next attempt to its end. */
    public TestAttempt run() {
        return attempt(Interruption.NONE, Integer.MAX_VALUE);
    }

    /** Runs the next attempt and cancels the job once it has reported so often. */
    public TestAttempt cancelAfter(int reports) {
        return attempt(new Interruption(Interruption.Kind.CANCEL, reports), Integer.MAX_VALUE);
    }

    /** Runs the next attempt and loses its node once it has reported so often; all of the reports were written. */
    public TestAttempt loseAfter(int reports) {
        return loseAfter(reports, reports);
    }

    /**
     * Runs the next attempt and loses its node once it has reported so often.
     *
     * @param written how many of the reports the node had written by then: it writes them once a second, in their order
     */
    public TestAttempt loseAfter(int reports, int written) {
        return attempt(new Interruption(Interruption.Kind.LOSE, reports), written);
    }

    /** Runs the next attempt to its end, which nobody hears of, nor of any of its reports. */
    TestAttempt loseOutcome() {
        return attempt(Interruption.NONE, 0);
    }

    private TestAttempt attempt(Interruption interruption, int written) {
        attempts++;
        Limits limits = handler.type().limits();
        Claimed claimed = new Claimed(
                id,
                UUID.randomUUID().toString(),
                tenant,
                handler.type().name(),
                attempts,
                Math.max(0, limits.maxAttempts() - attempts),
                limits.backoff(),
                timeout,
                input);
        Trial trial = new Trial(claimed, new Trial.History(checkpoint(), Optional.ofNullable(selected)), json);
        KitContext context = new KitContext(trial, interruption);
        TestAttempt attempt = ended(trial, context, supervise(trial, context));
        attempt.written(written).forEach(this::keep);
        return attempt;
    }

    private void keep(Report report) {
        report.items().forEach(item -> items.put(item.position(), item));
        if (report.checkpoint() != null) {
            checkpoint = report.checkpoint();
        }
    }

    /** The handler's thread is interrupted when it is to stop, as on a node. */
    private CompletableFuture<Object> supervise(Trial trial, KitContext context) {
        CompletableFuture<Object> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> invoke(context, result), "handler-" + handler.type().name());
        thread.setDaemon(true);
        thread.start();
        try {
            CompletableFuture.anyOf(result, trial.stopped()).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            trial.timeOut();
        } catch (ExecutionException e) {
            return result;
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the test was interrupted", e);
        }
        if (!result.isDone()) {
            thread.interrupt();
            awaitStop(result);
        }
        return result;
    }

    private void awaitStop(CompletableFuture<Object> result) {
        try {
            var unused = result.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError(
                    "the handler was told to stop and still runs after " + GRACE.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            // read by whoever asks for the result
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the test was interrupted", e);
        }
    }

    private void invoke(KitContext context, CompletableFuture<Object> result) {
        try {
            result.complete(invoke(handler, context));
        } catch (Throwable e) { // the thread's edge: whatever a handler throws is the attempt's failure
            result.completeExceptionally(e);
        }
    }

    private <I> Object invoke(JobHandler<I, ?> typed, KitContext context) throws Exception {
        Object result = typed.handle(json.readValue(input, typed.type().input()), context);
        if (result == null) {
            throw new JobFailedException(JobFailure.permanent("invalid_result", "the handler returned nothing"));
        }
        return result;
    }

    private TestAttempt ended(Trial trial, KitContext context, CompletableFuture<Object> result) {
        Throwable thrown = result.handle((value, failure) -> failure).join();
        Outcome outcome = context.isLost()
                ? null
                : trial.outcome(thrown == null ? result.join() : null, thrown).orElse(null);
        if (outcome instanceof Outcome.Completed completed) {
            return new TestAttempt(Ending.COMPLETED, read(completed.result()), null, thrown, context);
        }
        if (outcome instanceof Outcome.Failed failed) {
            return new TestAttempt(Ending.FAILED, null, failed.failure(), thrown, context);
        }
        return new TestAttempt(outcome == null ? Ending.LOST : Ending.CANCELLED, null, null, thrown, context);
    }

    private JsonNode read(String result) {
        try {
            return json.readTree(result);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result that was written cannot be read", e);
        }
    }
}
