package dev.carnelian.job;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a handler may ask of the worker that runs it.
 *
 * <p>One context belongs to one attempt of one job. The threads of that attempt may share it; it must not outlive the
 * attempt. Reports are buffered and written at most once a second, in the order they were made; the last ones are
 * written before the outcome.
 */
public interface JobContext {
    /** The job this attempt belongs to. */
    JobId jobId();

    /** Whose job it is: everything the handler stores belongs to this tenant. */
    TenantId tenant();

    /** The number of this attempt, 1 for the first. */
    int attempt();

    /** The name of this attempt among all that ever were: a job that is taken from a dead node gets another. */
    String runId();

    /** How much of the attempt's time is left; never negative. */
    Duration timeLeft();

    /**
     * Records how far the attempt has come. Cheap to call in a loop.
     *
     * @param done units finished, {@code 0 <= done <= total}, never less than before in this attempt
     * @param total units to do, at least 1; may grow as more work is found
     * @throws IllegalArgumentException if the counts break those bounds
     * @throws JobCancelledException if the attempt must end; let it propagate
     */
    void progress(int done, int total);

    /**
     * Says in a few words what is being done now.
     *
     * @param message cut to 500 characters
     */
    void message(String message);

    /**
     * Records the outcome of one unit of the work. Reporting a position again replaces what it said before.
     *
     * @throws JobCancelledException if the attempt must end; let it propagate
     */
    void item(ItemOutcome outcome);

    /**
     * Adds a line to the job's log.
     *
     * @param message cut to 2,000 characters; after 10,000 lines of an attempt further lines are not kept, but
     *     counted, and a last line says how many they were
     */
    void log(LogLevel level, String message);

    /**
     * Remembers where the work stands for a later attempt, in the same order as the reports before it.
     *
     * @param state at most 64 KiB of text
     */
    void checkpoint(String state);

    /** What the last attempt that saved one left as its checkpoint; empty on a first attempt. */
    Optional<String> checkpoint();

    /**
     * The items a rerun of failed items is about, in the order of their positions; empty when the job is about all of its
     * input. A handler with items does just these, under the positions and names they have here.
     */
    Optional<List<SelectedItem>> selected();

    /** Ends the attempt here if the job was cancelled, timed out, or is no longer this node's. */
    void throwIfCancelled() throws JobCancelledException;

    /** The level of a line in a job's log. */
    enum LogLevel {
        DEBUG,
        INFO,
        WARN,
        ERROR
    }
}
