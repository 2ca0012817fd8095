package dev.carnelian.queue;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext.LogLevel;
import dev.carnelian.job.JobId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an attempt has reported since the last write, in the order in which it did. */
public record Report(
        JobId job,
        String runId,
        int attempt,
        @Nullable Progress progress,
        @Nullable String checkpoint,
        List<ItemOutcome> items,
        List<Line> lines) {
    public Report {
        items = List.copyOf(items);
        lines = List.copyOf(lines);
    }

    /** A report that says nothing. */
    public static Report empty(JobId job, String runId, int attempt) {
        return new Report(job, runId, attempt, null, null, List.of(), List.of());
    }

    /** Whether there is anything to write. */
    public boolean isEmpty() {
        return progress == null && checkpoint == null && items.isEmpty() && lines.isEmpty();
    }

    /**
     * How far the attempt has come.
     *
     * @param percent 0 to 99
     * @param processed units finished, null when the handler counts none
     */
    public record Progress(
            int percent,
            @Nullable Integer processed,
            @Nullable Integer total,
            int failed,
            @Nullable String message) {}

    /** A line for the job's log. */
    public record Line(Instant at, LogLevel level, String message) {}
}
