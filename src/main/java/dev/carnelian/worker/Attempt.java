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
    // Guards the next three.
    private final Object lock = new Object();
    // The handler's, while it may be interrupted.
    private @Nullable Thread thread;
    private long stoppedAt;
    private boolean ended;
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

    /** Interrupts the handler, unless it is done; the first reason counts. */
    void stop(Stop reason) {
        synchronized (lock) {
            if (ended || stopped.isDone()) {
                return;
            }
            stoppedAt = System.nanoTime();
            stopped.complete(reason);
            if (thread != null) {
                thread.interrupt();
            }
        }
    }

    boolean isStoppedFor(Duration time) {
        synchronized (lock) {
            return stopped.isDone() && System.nanoTime() - stoppedAt > time.toNanos();
        }
    }

    /** The calling thread is the handler's from here to the {@link #end}. */
    void begin() {
        synchronized (lock) {
            thread = Thread.currentThread();
            if (stopped.isDone()) {
                thread.interrupt();
            }
        }
    }

    /**
     * The handler is done, or given up: nobody interrupts its thread any more. Called by the handler's thread, the
     * interrupt that may have reached it is forgotten.
     *
     * @return false if it had ended before
     */
    boolean end() {
        synchronized (lock) {
            if (thread == Thread.currentThread()) {
                var unused = Thread.interrupted();
            }
            boolean first = !ended;
            ended = true;
            thread = null;
            return first;
        }
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
