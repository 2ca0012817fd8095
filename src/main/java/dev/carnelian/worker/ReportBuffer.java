package dev.carnelian.worker;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext.LogLevel;
import dev.carnelian.queue.Report;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt has reported and nobody has written yet. Thread-safe; it knows nothing of the database.
 *
 * <p>A report is out while it is being written: it is then either acknowledged or put back, and whoever takes the rest
 * at the end waits for that.
 */
final class ReportBuffer {
    /** A handler that reports faster than the database takes it waits at this many items and lines. */
    private static final int FULL = 5_000;

    private static final int MOST_LINES_OF_AN_ATTEMPT = 10_000;

    private final Report empty;
    private List<ItemOutcome> items = new ArrayList<>();
    private List<Report.Line> lines = new ArrayList<>();
    private Report.@Nullable Progress progress;
    private @Nullable String checkpoint;
    private int failedItems;
    private int percent;
    private int done;
    private int linesSoFar;
    private @Nullable Instant lastDropped;
    private @Nullable Integer processed;
    private @Nullable Integer total;
    private @Nullable String message;
    private boolean out;

    ReportBuffer(Report empty) {
        this.empty = empty;
    }

    synchronized void progress(int newDone, int newTotal) {
        if (newTotal < 1 || newDone > newTotal || newDone < done) {
            throw new IllegalArgumentException(
                    "progress is " + done + " or more of a total of at least 1, not " + newDone + " of " + newTotal);
        }
        done = newDone;
        processed = newDone;
        total = newTotal;
        // 100 is left to the completed job; and as the total may grow, the share may shrink, but never what is shown.
        percent = Math.max(percent, (int) Math.min(99, 100L * newDone / newTotal));
        refresh();
    }

    synchronized void message(String text) {
        message = cut(text, 500);
        refresh();
    }

    synchronized void item(ItemOutcome outcome) {
        items.add(outcome);
        if (outcome.failure() != null) {
            failedItems++;
            refresh();
        }
    }

    synchronized void line(Report.Line line) {
        linesSoFar++;
        if (linesSoFar > MOST_LINES_OF_AN_ATTEMPT) {
            lastDropped = line.at();
            return;
        }
        lines.add(new Report.Line(line.at(), line.level(), cut(line.message(), 2_000)));
    }

    synchronized void checkpoint(String state) {
        if (state.length() > 64 * 1024) {
            throw new IllegalArgumentException("a checkpoint is at most 64 KiB of text, not " + state.length());
        }
        checkpoint = state;
    }

    private void refresh() {
        progress = new Report.Progress(percent, processed, total, failedItems, message);
    }

    /** The counters so far. */
    synchronized Report.Progress counters() {
        return new Report.Progress(percent, processed, total, failedItems, message);
    }

    synchronized boolean isFull() {
        return items.size() + lines.size() >= FULL;
    }

    /** Takes what there is, for the periodic write; empty if there is nothing or a write is under way. */
    synchronized Optional<Report> takeForWriting() {
        if (out) {
            return Optional.empty();
        }
        Report report = drain();
        out = !report.isEmpty();
        return out ? Optional.of(report) : Optional.empty();
    }

    /** The report that was out is written, or will never be. */
    synchronized void acknowledge() {
        out = false;
        notifyAll();
    }

    /** The report that was out could not be written now. */
    synchronized void putBack(Report report) {
        List<ItemOutcome> allItems = new ArrayList<>(report.items());
        allItems.addAll(items);
        items = allItems;
        List<Report.Line> allLines = new ArrayList<>(report.lines());
        allLines.addAll(lines);
        lines = allLines;
        if (progress == null) {
            progress = report.progress();
        }
        if (checkpoint == null) {
            checkpoint = report.checkpoint();
        }
        acknowledge();
    }

    /** Takes the rest once the attempt is over, after waiting for the write under way, if any. */
    synchronized Report takeRest(long waitMillis) throws InterruptedException {
        long until = System.nanoTime() + waitMillis * 1_000_000;
        while (out && System.nanoTime() < until) {
            wait(50);
        }
        tellOfDroppedLines();
        return drain();
    }

    private void tellOfDroppedLines() {
        if (lastDropped != null) {
            int dropped = linesSoFar - MOST_LINES_OF_AN_ATTEMPT;
            lines.add(new Report.Line(lastDropped, LogLevel.WARN, dropped + " further lines were not kept"));
        }
    }

    private Report drain() {
        Report report = new Report(empty.job(), empty.runId(), empty.attempt(), progress, checkpoint, items, lines);
        progress = null;
        checkpoint = null;
        items = new ArrayList<>();
        lines = new ArrayList<>();
        return report;
    }

    private static String cut(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length);
    }
}
