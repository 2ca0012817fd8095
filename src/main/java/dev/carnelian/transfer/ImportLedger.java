package dev.carnelian.transfer;

import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import dev.carnelian.storage.FileId;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** Where an import stands, and the rows it refused. Every change names the attempt that makes it. */
final class ImportLedger {
    private final Jdbi jdbi;
    private final JobId job;
    private final UUID run = UUID.randomUUID();
    private final Standing standing;

    /**
     * Where an import stands. Public, as Jdbi makes it.
     *
     * @param finished whether no more rows are to be read; the file is not needed from then on
     * @param sourceFile what a url answered, if it did and the file is there
     * @param errorFile with the refused rows, once it is written
     * @param format known when finished, as is the compression
     */
    public record Standing(
            int rowsDone,
            int rowsImported,
            int rowsUpdated,
            int rowsFailed,
            boolean finished,
            @Nullable UUID sourceFile,
            @Nullable UUID errorFile,
            @Nullable Format format,
            @Nullable Compression compression) {
        int rows() {
            return rowsImported + rowsUpdated + rowsFailed;
        }
    }

    /** Takes the import over: whatever attempt had it before can store nothing more. */
    ImportLedger(Jdbi jdbi, JobContext context) {
        this.jdbi = jdbi;
        this.job = context.jobId();
        this.standing = take(context.tenant());
    }

    /** What earlier attempts came to. */
    Standing standing() {
        return standing;
    }

    private Standing take(TenantId tenant) {
        return jdbi.inTransaction(transaction -> {
            Standing found = transaction
                    .createQuery("""
                            INSERT INTO imports (job_id, tenant_id, run) VALUES (:job, :tenant, :run)
                            ON CONFLICT (job_id) DO UPDATE SET run = excluded.run, changed_at = now()
                            RETURNING *""")
                    .bind("job", job.value())
                    .bind("tenant", tenant.value())
                    .bind("run", run)
                    .map(ConstructorMapper.of(Standing.class))
                    .one();
            transaction.execute(
                    "DELETE FROM import_errors WHERE job_id = ? AND row_number > ?", job.value(), found.rowsDone());
            return found;
        });
    }

    /** Says in the transaction that stored them that all rows up to one are done. */
    void advance(Handle transaction, int rowsDone, Tally tally) {
        refuseIfReplaced(transaction
                .createUpdate("""
                        UPDATE imports
                        SET rows_done = :rows, rows_imported = :imported, rows_updated = :updated, rows_failed = :failed,
                            changed_at = now()
                        WHERE job_id = :job AND run = :run AND NOT finished""")
                .bind("rows", rowsDone)
                .bind("imported", tally.imported())
                .bind("updated", tally.updated())
                .bind("failed", tally.failed())
                .bind("job", job.value())
                .bind("run", run)
                .execute());
    }

    /**
     * Says in the transaction that stored the last ones that no more rows are to be read, with all that the result needs
     * of the file.
     */
    Standing finish(Handle transaction, int rowsDone, Tally tally, ImportFile file) {
        advance(transaction, rowsDone, tally);
        return transaction
                .createQuery("""
                        UPDATE imports SET finished = true, format = :format, compression = :compression
                        WHERE job_id = :job AND run = :run AND NOT finished
                        RETURNING *""")
                .bind("format", file.format())
                .bind("compression", file.compression())
                .bind("job", job.value())
                .bind("run", run)
                .map(ConstructorMapper.of(Standing.class))
                .one();
    }

    private static void refuseIfReplaced(int changed) {
        if (changed == 0) {
            throw new JobCancelledException("another attempt has taken this import over");
        }
    }

    /** Keeps refused rows; before the rows around them are said to be done, so that none is forgotten. */
    void keep(List<RowError> errors) {
        jdbi.useTransaction(transaction -> {
            PreparedBatch batch = transaction.prepareBatch("""
                    INSERT INTO import_errors (job_id, row_number, code, message, raw)
                    SELECT i.job_id, :row, :code, :message, :raw
                    FROM imports AS i
                    WHERE i.job_id = :job AND i.run = :run
                    ON CONFLICT (job_id, row_number)
                    DO UPDATE SET code = excluded.code, message = excluded.message, raw = excluded.raw""");
            for (RowError error : errors) {
                batch.bind("job", job.value())
                        .bind("run", run)
                        .bind("row", error.number())
                        .bind("code", error.code())
                        .bind("message", error.message())
                        .bind("raw", error.raw())
                        .add();
            }
            batch.execute();
        });
    }

    /** The first of the refused rows. */
    List<RowError> errors(int most) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT row_number, code, message, raw FROM import_errors
                        WHERE job_id = :job ORDER BY row_number LIMIT :most""")
                .bind("job", job.value())
                .bind("most", most)
                .map((row, context) -> new RowError(
                        row.getInt("row_number"),
                        row.getString("code"),
                        row.getString("message"),
                        row.getString("raw")))
                .list());
    }

    /**
     * Remembers the file that has the refused rows.
     *
     * @param kept how many of them, the first ones, are kept beside it
     */
    void wrote(UUID errorFile, int kept) {
        jdbi.useTransaction(transaction -> {
            refuseIfReplaced(transaction.execute(
                    "UPDATE imports SET error_file = ?, changed_at = now() WHERE job_id = ? AND run = ?",
                    errorFile,
                    job.value(),
                    run));
            transaction
                    .createUpdate("""
                            DELETE FROM import_errors
                            WHERE job_id = :job AND row_number >= (
                                SELECT row_number FROM import_errors
                                WHERE job_id = :job ORDER BY row_number OFFSET :kept LIMIT 1)""")
                    .bind("job", job.value())
                    .bind("kept", kept)
                    .execute();
        });
    }

    /** Remembers under which id the file is to be found that an address answers; before it does, so that it is not lost. */
    void fetching(FileId sourceFile) {
        jdbi.useHandle(handle -> refuseIfReplaced(handle.execute(
                "UPDATE imports SET source_file = ?, changed_at = now() WHERE job_id = ? AND run = ?",
                sourceFile.value(),
                job.value(),
                run)));
    }
}
