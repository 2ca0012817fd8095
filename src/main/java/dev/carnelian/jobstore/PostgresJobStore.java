package dev.carnelian.jobstore;

import org.quartz.impl.jdbcjobstore.JobStoreTX;

/** Quartz's clustered JDBC job store with set-based claims and completions on PostgreSQL. */
// JobStoreTX overrides executeInLock with a raw signature (Quartz 2.5.2), which every subclass is warned about.
@SuppressWarnings("unchecked")
public class PostgresJobStore extends JobStoreTX {
    /** Leaves what a run ended with, for {@link StoreHook#onCompleted}; call it before the job's execution returns. */
    public void recordOutcome(String entryId, Object outcome) {
        throw new UnsupportedOperationException(entryId + outcome);
    }
}
