package dev.carnelian.queue;

import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Deletes what has been kept for long enough, in batches; several nodes may do so at once. Thread-safe. */
public final class Retention {
    private final Jdbi jdbi;

    public Retention(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * Deletes finished jobs whose time is over, with their attempts, items and logs.
     *
     * @return how many; fewer than the batch when that was all
     */
    public int deleteExpiredJobs(int batch) {
        return jdbi.withExtension(Dao.class, dao -> dao.deleteJobs(batch));
    }

    /** Deletes idempotency keys older than 24 hours; answers how many. */
    public int deleteOldIdempotencyKeys(int batch) {
        return jdbi.withExtension(Dao.class, dao -> dao.deleteIdempotencyKeys(batch));
    }

    interface Dao {
        @SqlQuery("""
                WITH due AS MATERIALIZED (
                    SELECT id FROM jobs WHERE expires_at < now() AND final_status IS NOT NULL
                    ORDER BY expires_at LIMIT :batch FOR UPDATE SKIP LOCKED
                ), gone AS (DELETE FROM jobs USING due WHERE jobs.id = due.id RETURNING jobs.id
                ), progress AS (DELETE FROM job_progress USING gone WHERE job_id = gone.id
                ), attempts AS (DELETE FROM job_attempts USING gone WHERE job_id = gone.id
                ), items AS (DELETE FROM job_items USING gone WHERE job_id = gone.id
                ), selected AS (DELETE FROM job_selected_items USING gone WHERE job_id = gone.id
                ), logs AS (DELETE FROM job_logs USING gone WHERE job_id = gone.id)
                SELECT count(*) FROM gone""")
        int deleteJobs(int batch);

        @SqlUpdate("""
                WITH old AS MATERIALIZED (
                    SELECT tenant_id, route, key FROM idempotency_keys
                    WHERE created_at < now() - interval '24 hours'
                    ORDER BY created_at LIMIT :batch FOR UPDATE SKIP LOCKED)
                DELETE FROM idempotency_keys AS k USING old
                WHERE (k.tenant_id, k.route, k.key) = (old.tenant_id, old.route, old.key)""")
        int deleteIdempotencyKeys(int batch);
    }
}
