package dev.carnelian.transfer;

import org.jdbi.v3.core.Jdbi;

/** What imports leave behind. Thread-safe. */
public final class Imports {
    private final Jdbi jdbi;

    public Imports(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * Forgets where imports stood that have ended, with the rows they refused.
     *
     * @param batch the most to delete
     * @return how many were deleted; as long as it equals {@code batch} there may be more
     */
    public int deleteOld(int batch) {
        return jdbi.withHandle(
                handle -> handle.createUpdate("""
                        DELETE FROM imports
                        WHERE job_id IN (
                            SELECT i.job_id
                            FROM imports AS i
                            WHERE i.changed_at < now() - interval '1 day'
                                AND NOT EXISTS (SELECT FROM jobs AS j WHERE j.id = i.job_id AND j.final_status IS NULL)
                            ORDER BY i.changed_at LIMIT :batch FOR UPDATE SKIP LOCKED)""").bind("batch", batch).execute());
    }
}
