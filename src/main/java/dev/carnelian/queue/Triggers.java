package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The alarm clock of the queue: every pending job has exactly one trigger, made and removed in the job's transaction. */
public interface Triggers {
    /**
     * A trigger to be made.
     *
     * @param runAt when it is due, null for the delay after the transaction's time
     * @param delay zero for at once
     */
    record Planned(
            JobId job,
            TenantId tenant,
            String type,
            int priority,
            @Nullable Instant runAt,
            Duration delay) {
        /** From a row that begins with a job's id, tenant_id, type, priority and run_at. */
        static Planned of(ResultSet row) throws SQLException {
            return new Planned(
                    new JobId(row.getObject(1, UUID.class)),
                    new TenantId(row.getString(2)),
                    row.getString(3),
                    row.getInt(4),
                    row.getObject(5, OffsetDateTime.class).toInstant(),
                    Duration.ZERO);
        }
    }

    /** An INSERT with its parameters. */
    record Insert(String sql, List<Array> parameters) {}

    /**
     * Stores jobs and their triggers by one statement: in one round trip, and a transaction by itself where the connection
     * is in none. Wakes nobody: see {@link Signals}.
     *
     * @return the time of the transaction, as {@code now()} has it
     */
    Instant schedule(Connection connection, Insert jobs, List<Planned> planned) throws SQLException;

    /** Stores triggers in the caller's transaction. Wakes nobody: see {@link Signals}. */
    void schedule(Connection transaction, List<Planned> planned) throws SQLException;

    /**
     * Removes a trigger that has not fired, in the caller's transaction. One that a worker has locked is left to it and
     * not waited for: the caller holds the job's row, which that worker may be about to ask for.
     */
    void remove(Connection transaction, TenantId tenant, String type, JobId job) throws SQLException;
}
