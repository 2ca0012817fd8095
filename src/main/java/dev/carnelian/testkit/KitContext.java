package dev.carnelian.testkit;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobId;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Report;
import dev.carnelian.worker.Trial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A node's context that keeps every report, and after a number of them cancels the job or loses the node. Thread-safe. */
final class KitContext implements JobContext {
    private final Trial trial;
    private final JobContext context;
    private final Interruption interruption;
    private final List<Report> reports = new ArrayList<>();
    private final List<TestAttempt.Progress> progress = new ArrayList<>();
    private boolean lost;

    /** What happens to an attempt on its way, and after how many reports. */
    record Interruption(Kind kind, int reports) {
        enum Kind {
            NONE,
            CANCEL,
            LOSE
        }

        static final Interruption NONE = new Interruption(Kind.NONE, Integer.MAX_VALUE);
    }

    /** Ends a handler at once, as the end of its process would: nothing that it catches comes after. */
    static final class NodeLost extends Error {
        NodeLost() {
            super("the node of this attempt is gone", null, false, false);
        }
    }

    KitContext(Trial trial, Interruption interruption) {
        this.trial = trial;
        this.context = trial.context();
        this.interruption = interruption;
    }

    synchronized List<Report> reports() {
        return List.copyOf(reports);
    }

    synchronized List<TestAttempt.Progress> progress() {
        return List.copyOf(progress);
    }

    synchronized boolean isLost() {
        return lost;
    }

    private synchronized void report(Runnable call) {
        dieIfLost();
        call.run();
        reports.add(trial.reported());
        if (reports.size() < interruption.reports()) {
            return;
        }
        switch (interruption.kind()) {
            case CANCEL -> trial.cancel();
            case LOSE -> lost = true;
            case NONE -> {}
        }
        dieIfLost();
    }

    private synchronized void dieIfLost() {
        if (lost) {
            throw new NodeLost();
        }
    }

    @Override
    public void progress(int done, int total) {
        report(() -> {
            context.progress(done, total);
            progress.add(new TestAttempt.Progress(done, total));
        });
    }

    @Override
    public void message(String message) {
        report(() -> context.message(message));
    }

    @Override
    public void item(ItemOutcome outcome) {
        report(() -> context.item(outcome));
    }

    @Override
    public void log(LogLevel level, String message) {
        report(() -> context.log(level, message));
    }

    @Override
    public void checkpoint(String state) {
        report(() -> context.checkpoint(state));
    }

    @Override
    public Optional<String> checkpoint() {
        dieIfLost();
        return context.checkpoint();
    }

    @Override
    public Optional<List<SelectedItem>> selected() {
        dieIfLost();
        return context.selected();
    }

    @Override
    public void throwIfCancelled() {
        dieIfLost();
        context.throwIfCancelled();
    }

    @Override
    public JobId jobId() {
        return context.jobId();
    }

    @Override
    public String runId() {
        return context.runId();
    }

    @Override
    public TenantId tenant() {
        return context.tenant();
    }

    @Override
    public int attempt() {
        return context.attempt();
    }

    @Override
    public Duration timeLeft() {
        return context.timeLeft();
    }
}
