package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The alarm clock of the queue: every pending job has exactly one trigger, made and removed in the job's transaction. */
public interface Triggers {
    /**
     * A trigger to be made.
     *
     * @param runAt when it is due, null for at once
     */
    record Planned(
            JobId job,
            TenantId tenant,
            String type,
            int priority,
            @Nullable Instant runAt) {}

    /** Stores triggers in the caller's transaction. Wakes nobody: see {@link Signals}. */
    void schedule(Connection transaction, List<Planned> planned) throws SQLException;

    /**
     * Removes a trigger that has not fired, in the caller's transaction. One that a worker has locked is left to it and
     * not waited for: the caller holds the job's row, which that worker may be about to ask for.
     */
    void remove(Connection transaction, TenantId tenant, String type, JobId job) throws SQLException;
}
