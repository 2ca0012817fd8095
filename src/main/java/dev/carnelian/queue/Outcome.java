package dev.carnelian.queue;

import dev.carnelian.job.JobFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What an attempt ended with, and the reports it had not yet written. */
public sealed interface Outcome {
    /** The reports still to be written with it. */
    Report remaining();

    /**
     * The handler returned.
     *
     * @param result JSON text of an object
     */
    record Completed(String result, Report remaining) implements Outcome {}

    /**
     * The attempt failed.
     *
     * @param result JSON text of the job's result if no attempt follows
     * @param retryAfter the wait before the next attempt, null if none may follow
     */
    record Failed(
            JobFailure failure, String result, @Nullable Duration retryAfter, Report remaining) implements Outcome {}

    /** The handler stopped because the job was cancelled. */
    record Cancelled(Report remaining) implements Outcome {}
}
