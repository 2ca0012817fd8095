package dev.carnelian.transfer;

import dev.carnelian.job.TenantId;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** What imports leave behind. Thread-safe. */
public final class Imports {
    private final Jdbi jdbi;
    private final FileStore files;

    public Imports(Jdbi jdbi, FileStore files) {
        this.jdbi = jdbi;
        this.files = files;
    }

    private record Fetched(TenantId tenant, Optional<FileId> file) {}

    /**
     * Forgets where imports stood that have ended, with the rows they refused and the files they fetched.
     *
     * @param batch the most to delete
     * @return how many were deleted; as long as it equals {@code batch} there may be more
     */
    public int deleteOld(int batch) {
        List<Fetched> gone = jdbi.withHandle(handle -> handle.createQuery("""
                        DELETE FROM imports
                        WHERE job_id IN (
                            SELECT i.job_id
                            FROM imports AS i
                            WHERE i.changed_at < now() - interval '1 day'
                                AND NOT EXISTS (SELECT FROM jobs AS j WHERE j.id = i.job_id AND j.final_status IS NULL)
                            ORDER BY i.changed_at LIMIT :batch FOR UPDATE SKIP LOCKED)
                        RETURNING tenant_id, source_file""")
                .bind("batch", batch)
                .map((row, context) -> new Fetched(
                        new TenantId(row.getString("tenant_id")),
                        Optional.ofNullable(row.getObject("source_file", UUID.class))
                                .map(FileId::new)))
                .list());
        gone.forEach(fetched -> fetched.file().ifPresent(file -> files.delete(fetched.tenant(), file)));
        return gone.size();
    }
}
