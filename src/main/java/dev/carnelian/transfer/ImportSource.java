package dev.carnelian.transfer;

import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import dev.carnelian.transfer.ImportLedger.Standing;
import java.util.Objects;
import java.util.Optional;

/**
 * The file of an import: an uploaded one, or what an address answers, which is kept until all rows are read. An address
 * that has answered in full is not asked again: it may answer once only, or something else the next time.
 */
final class ImportSource {
    private final FileStore files;
    private final Download download;

    ImportSource(FileStore files, Download download) {
        this.files = files;
        this.download = download;
    }

    /** Refuses an address that no request may go to. */
    void check(String url) {
        var unused = download.check(url);
    }

    StoredFile find(ImportInput input, JobContext context, ImportLedger ledger) throws InterruptedException {
        if (input.url() == null) {
            return FileId.parse(Objects.requireNonNullElse(input.fileId(), ""))
                    .flatMap(id -> files.find(context.tenant(), id))
                    .orElseThrow(() -> notFound("there is no file with this id"));
        }
        Optional<StoredFile> fetched = Optional.ofNullable(ledger.standing().sourceFile())
                .flatMap(id -> files.find(context.tenant(), new FileId(id)));
        return fetched.isPresent() ? fetched.get() : fetch(input.url(), context, ledger);
    }

    private StoredFile fetch(String url, JobContext context, ImportLedger ledger) throws InterruptedException {
        if (ledger.standing().rowsDone() > 0) {
            // Another answer may have other rows, and those that stand where the imported ones stood would be left out.
            throw notFound("the file that was fetched is gone, and some of its rows are imported");
        }
        FileId id = FileId.next();
        ledger.fetching(id);
        return download.fetch(url, id, context);
    }

    private static JobFailedException notFound(String message) {
        return new JobFailedException(JobFailure.permanent("file_not_found", message));
    }

    /** Deletes what was fetched for an import that is finished; what its caller uploaded stays. */
    void discard(JobContext context, Standing finished) {
        if (finished.sourceFile() != null) {
            files.delete(context.tenant(), new FileId(finished.sourceFile()));
        }
    }
}
