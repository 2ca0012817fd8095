package dev.carnelian.worker;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobId;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Claimed;
import dev.carnelian.queue.Report;
import dev.carnelian.queue.Runs.RunOf;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One attempt under way: what its handler sees of the worker, and how the worker tells it to stop. Thread-safe. */
final class Attempt implements JobContext {
    private static final long FULL_BUFFER_POLL_MILLIS = 50;

    private final Claimed claimed;
    private final InstantSource clock;
    private final Beginning beginning;
    private final ReportBuffer buffer;
    private final CompletableFuture<Stop> stopped = new CompletableFuture<>();
    private final long endsAt;
    private @Nullable List<SelectedItem> selected;

    /** What an attempt may ask the database for, if it wants to know. */
    interface Beginning {
        Optional<String> checkpoint();

        Optional<List<SelectedItem>> selected();
    }

    Attempt(Claimed claimed, InstantSource clock, Beginning beginning) {
        this.claimed = claimed;
        this.clock = clock;
        this.beginning = beginning;
        this.buffer = new ReportBuffer(Report.empty(claimed.job(), claimed.runId(), claimed.attempt()));
        this.endsAt = System.nanoTime() + claimed.timeout().toNanos();
    }

    RunOf run() {
        return new RunOf(claimed.job(), claimed.runId());
    }

    Claimed claimed() {
        return claimed;
    }

    ReportBuffer buffer() {
        return buffer;
    }

    /** Completes with the reason once the attempt has to end; the first reason counts. */
    CompletableFuture<Stop> stopped() {
        return stopped;
    }

    void stop(Stop reason) {
        stopped.complete(reason);
    }

    @Nullable
    Stop stopReason() {
        return stopped.getNow(null);
    }

    @Override
    public JobId jobId() {
        return claimed.job();
    }

    @Override
    public TenantId tenant() {
        return claimed.tenant();
    }

    @Override
    public int attempt() {
        return claimed.attempt();
    }

    @Override
    public String runId() {
        return claimed.runId();
    }

    @Override
    public Duration timeLeft() {
        return Duration.ofNanos(Math.max(0, endsAt - System.nanoTime()));
    }

    @Override
    public void progress(int done, int total) {
        throwIfCancelled();
        buffer.progress(done, total);
    }

    @Override
    public void message(String message) {
        throwIfCancelled();
        buffer.message(message);
    }

    @Override
    public void item(ItemOutcome outcome) {
        waitForRoom();
        buffer.item(outcome);
    }

    @Override
    public void log(LogLevel level, String message) {
        waitForRoom();
        buffer.line(new Report.Line(clock.instant(), level, message));
    }

    @Override
    public void checkpoint(String state) {
        throwIfCancelled();
        buffer.checkpoint(state);
    }

    @Override
    public Optional<String> checkpoint() {
        return claimed.attempt() == 1 ? Optional.empty() : beginning.checkpoint();
    }

    @Override
    public synchronized Optional<List<SelectedItem>> selected() {
        if (selected == null) {
            selected = beginning.selected().orElse(List.of());
        }
        return selected.isEmpty() ? Optional.empty() : Optional.of(selected);
    }

    @Override
    public void throwIfCancelled() {
        Stop reason = stopReason();
        if (reason != null) {
            throw new JobCancelledException(reason.reason());
        }
    }

    /** Bounded by the attempt itself: its timeout ends the wait too. */
    private void waitForRoom() {
        throwIfCancelled();
        while (buffer.isFull()) {
            try {
                Thread.sleep(FULL_BUFFER_POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new JobCancelledException("interrupted while its reports waited for the database");
            }
            throwIfCancelled();
        }
    }
}
