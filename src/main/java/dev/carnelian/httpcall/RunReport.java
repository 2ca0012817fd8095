package dev.carnelian.httpcall;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.job.JobContext.LogLevel;
import dev.carnelian.job.JobFailure;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint says of a run.
 *
 * @param progress how far it has come
 * @param message what it does now
 * @param logs lines for the job's log
 * @param completed whether this ends the run well
 * @param result what it ended with
 * @param failure what it failed with; ends the run too
 */
public record RunReport(
        @Nullable Progress progress,
        @Nullable String message,
        List<Line> logs,
        boolean completed,
        @Nullable JsonNode result,
        @Nullable JobFailure failure) {
    public RunReport {
        logs = List.copyOf(logs);
    }

    /** Units done of a total of at least 1. */
    public record Progress(int done, int total) {}

    /** A line of the job's log. */
    public record Line(LogLevel level, String message) {}

    boolean ends() {
        return completed || failure != null;
    }
}
