package dev.carnelian.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobFailure;
import dev.carnelian.queue.Report;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What one attempt of a {@link TestJob} reported, and what it ended with. Immutable. */
public final class TestAttempt {
    private final Ending ending;
    private final @Nullable JsonNode result;
    private final @Nullable JobFailure failure;
    private final @Nullable Throwable thrown;
    private final List<Report> reports;
    private final List<Progress> progress;

    /** What an attempt can end with. */
    public enum Ending {
        /** The handler returned a result. */
        COMPLETED,
        /** It threw, returned what is no result, or ran out of time. */
        FAILED,
        /** The job was cancelled. */
        CANCELLED,
        /** Its node was lost on the way, or it let a cancellation through that nobody asked for. */
        LOST
    }

    /** One call of {@link dev.carnelian.job.JobContext#progress}. */
    public record Progress(int done, int total) {}

    TestAttempt(
            Ending ending,
            @Nullable JsonNode result,
            @Nullable JobFailure failure,
            @Nullable Throwable thrown,
            KitContext context) {
        this.ending = ending;
        this.result = result;
        this.failure = failure;
        this.thrown = thrown;
        this.reports = context.reports();
        this.progress = context.progress();
    }

    public Ending ending() {
        return ending;
    }

    /**
     * The result as the API would show it.
     *
     * @throws IllegalStateException if the attempt did not complete; the message says what it ended with
     */
    public JsonNode result() {
        if (result == null) {
            throw new IllegalStateException("the attempt ended " + this, thrown);
        }
        return result;
    }

    /** Why it failed; empty unless it did. */
    public Optional<JobFailure> failure() {
        return Optional.ofNullable(failure);
    }

    /** What the handler threw; empty when it returned. */
    public Optional<Throwable> thrown() {
        return Optional.ofNullable(thrown);
    }

    /** How often the handler reported something: progress, a message, an item, a log line or a checkpoint. */
    public int reports() {
        return reports.size();
    }

    public List<Progress> progress() {
        return progress;
    }

    /** The items in the order in which they were reported. */
    public List<ItemOutcome> items() {
        return reports.stream().flatMap(report -> report.items().stream()).toList();
    }

    /** The messages of the log lines. */
    public List<String> log() {
        return reports.stream()
                .flatMap(report -> report.lines().stream())
                .map(Report.Line::message)
                .toList();
    }

    /** The first reports, as a node would have written them. */
    List<Report> written(int count) {
        return reports.subList(0, Math.min(count, reports.size()));
    }

    @Override
    public String toString() {
        return ending + (failure == null ? "" : " with " + failure.code() + ": " + failure.message());
    }
}
