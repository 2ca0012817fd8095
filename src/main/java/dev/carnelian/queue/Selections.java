package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.queue.RefusedException.Reason;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** The items that reruns of failed items are about, kept with the rerun, as the job before it may be gone by then. */
final class Selections {
    static final int MOST_ITEMS = 10_000;

    private Selections() {}

    /**
     * Selects for a new job the failed items of the old one, or, when the old one was such a rerun itself and is just
     * repeated, those it was about. The caller holds the old job's row, so nobody deletes its items meanwhile.
     *
     * @throws RefusedException if there are none, or too many
     */
    static void copy(Handle transaction, Job old, Rerun wanted, Job created) {
        if (!created.lineage().failedItemsOnly()) {
            return;
        }
        Dao selections = transaction.attach(Dao.class);
        UUID from = old.id().value();
        UUID to = created.id().value();
        int copied = wanted.failedItemsOnly()
                ? selections.copyFailed(from, to, MOST_ITEMS + 1)
                : selections.copySelected(from, to);
        if (copied == 0) {
            throw refused(old, "has no failed items");
        }
        if (copied > MOST_ITEMS) {
            throw refused(old, "has more than %,d failed items; run it again as a whole".formatted(MOST_ITEMS));
        }
    }

    private static RefusedException refused(Job old, String why) {
        return new RefusedException(Reason.JOB_NOT_RERUNNABLE, "job " + old.id() + " " + why);
    }

    /** The items a job is about, in the order of their positions; empty when it is about all of its input. */
    static Optional<List<SelectedItem>> of(Handle handle, JobId job) {
        List<SelectedItem> items = handle.attach(Dao.class).find(job.value());
        return items.isEmpty() ? Optional.empty() : Optional.of(items);
    }

    interface Dao {
        @SqlQuery("""
                WITH copied AS (
                    INSERT INTO job_selected_items (job_id, position, name)
                    SELECT :to, position, name FROM job_items
                    WHERE job_id = :from AND code IS NOT NULL ORDER BY position LIMIT :limit
                    RETURNING 1)
                SELECT count(*) FROM copied""")
        int copyFailed(UUID from, UUID to, int limit);

        @SqlQuery("""
                WITH copied AS (
                    INSERT INTO job_selected_items (job_id, position, name)
                    SELECT :to, position, name FROM job_selected_items WHERE job_id = :from
                    RETURNING 1)
                SELECT count(*) FROM copied""")
        int copySelected(UUID from, UUID to);

        @RegisterConstructorMapper(SelectedItem.class)
        @SqlQuery("SELECT position, name FROM job_selected_items WHERE job_id = :job ORDER BY position")
        List<SelectedItem> find(UUID job);
    }
}
