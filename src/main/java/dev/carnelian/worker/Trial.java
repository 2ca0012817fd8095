package dev.carnelian.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.queue.Claimed;
import dev.carnelian.queue.Outcome;
import dev.carnelian.queue.Report;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One attempt without a cluster around it: the context a handler gets from a node, and a node's verdict on what became of
 * it. Whoever tries a handler takes the reports out after each of them. Thread-safe.
 */
public final class Trial {
    private final Claimed claimed;
    private final Attempt attempt;
    private final Verdict verdict;

    /** What an attempt of a job with a history finds. */
    public record History(Optional<String> checkpoint, Optional<List<SelectedItem>> selected)
            implements Attempt.Beginning {}

    /**
     * @param json as a node's: it writes the result
     */
    public Trial(Claimed claimed, History history, ObjectMapper json) {
        this.claimed = claimed;
        this.attempt = new Attempt(claimed, InstantSource.system(), history);
        this.verdict = new Verdict(json);
    }

    public JobContext context() {
        return attempt;
    }

    /** What was reported since this was last asked. */
    public Report reported() {
        Report report = attempt.buffer()
                .takeForWriting()
                .orElseGet(() -> Report.empty(claimed.job(), claimed.runId(), claimed.attempt()));
        attempt.buffer().acknowledge();
        return report;
    }

    /** Tells the attempt that its job was cancelled. */
    public void cancel() {
        attempt.stop(Stop.CANCELLED);
    }

    /** Tells the attempt that its time is over. */
    public void timeOut() {
        attempt.stop(Stop.TIMED_OUT);
    }

    /** Completes once the attempt was told to stop. */
    public CompletableFuture<?> stopped() {
        return attempt.stopped();
    }

    /**
     * What a node would write.
     *
     * @param result what the handler returned, null if it threw
     */
    public Optional<Outcome> outcome(@Nullable Object result, @Nullable Throwable thrown) {
        return verdict.on(attempt, new Ending(result, thrown));
    }
}
