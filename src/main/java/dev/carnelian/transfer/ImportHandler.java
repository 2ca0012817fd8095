package dev.carnelian.transfer;

import com.github.luben.zstd.ZstdIOException;
import dev.carnelian.database.Notifications.ConnectionSource;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobType.Limits;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import dev.carnelian.transfer.ImportLedger.Standing;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipException;
import org.jdbi.v3.core.Jdbi;

/**
 * Reads rows from a file and stores them. A row that cannot be stored is an error of that row; a file that is no file of
 * rows fails the job. Where the import stands is committed with its rows, so a repeated attempt goes on after the last row
 * that is stored; one that is all or nothing begins anew, as nothing of it is. Once all rows are read, neither the file nor
 * the address is needed for the result.
 */
public final class ImportHandler implements JobHandler<ImportInput, ImportResult> {
    /** The type it serves. */
    public static final JobType<ImportInput, ImportResult> TYPE = new JobType<>(
            "import",
            "Reads documents, chunks or embeddings from a file of JSON Lines or CSV",
            ImportInput.class,
            ImportResult.class,
            new Limits(Limits.standard().maxAttempts(), Limits.standard().backoff(), Duration.ofHours(2)));

    private final Jdbi jdbi;
    private final FileStore files;
    private final ImportSource source;
    private final ErrorFile errorFile;
    private final ConnectionSource sessions;
    private final long maxBytes;
    private final int maxRows;

    /**
     * @param sessions a session for each attempt
     * @param maxBytes of a file after it is unpacked
     */
    public ImportHandler(
            Jdbi jdbi,
            FileStore files,
            OutboundClient outbound,
            ConnectionSource sessions,
            long maxBytes,
            int maxRows) {
        this.jdbi = jdbi;
        this.files = files;
        this.source = new ImportSource(files, new Download(files, outbound, maxBytes));
        this.errorFile = new ErrorFile(files, sessions);
        this.sessions = sessions;
        this.maxBytes = maxBytes;
        this.maxRows = maxRows;
    }

    @Override
    public JobType<ImportInput, ImportResult> type() {
        return TYPE;
    }

    @Override
    public void check(ImportInput input) {
        refuseIf(input.what() == What.JOBS, "what", "jobs are not imported");
        refuseIf(
                (input.fileId() == null) == (input.url() == null),
                "fileId",
                "exactly one of fileId and url must be given");
        refuseIf(
                input.chunkOverlapOrDefault() > input.chunkSizeOrDefault() / 2,
                "chunkOverlap",
                "must be at most half of chunkSize");
        Set<String> known = Targets.of(input, "").fields();
        Set<String> mapped = new HashSet<>();
        input.mappingOrNone().forEach((column, field) -> {
            String place = "mapping." + column;
            boolean metadata = input.what() == What.DOCUMENTS
                    && field.startsWith(Fields.METADATA_PREFIX)
                    && field.length() > Fields.METADATA_PREFIX.length();
            refuseIf(!metadata && !known.contains(field), place, "there is no field " + field);
            refuseIf(!mapped.add(field), place, "another column is mapped to " + field);
        });
        if (input.url() != null) {
            source.check(input.url());
        }
    }

    private static void refuseIf(boolean wrong, String field, String message) {
        if (wrong) {
            throw new InputRefusedException("validation_failed", field, message);
        }
    }

    @Override
    public ImportResult handle(ImportInput input, JobContext context)
            throws IOException, SQLException, InterruptedException {
        ImportLedger ledger = new ImportLedger(jdbi, context);
        tellAgain(context, ledger);
        Standing end = ledger.standing().finished() ? ledger.standing() : read(input, context, ledger);
        source.discard(context, end);
        Optional<FileLink> errors = errorFile.of(context, ledger, end);
        refuseIfTooMany(input, end, errors);
        return result(input, end, errors);
    }

    private Standing read(ImportInput input, JobContext context, ImportLedger ledger)
            throws IOException, SQLException, InterruptedException {
        Refusal.orFailure(() -> check(input));
        StoredFile stored = source.find(input, context, ledger);
        try (InputStream bytes = files.open(stored);
                ImportFile file = new ImportFile(bytes, stored, input, maxBytes)) {
            return store(input, context, ledger, file);
        } catch (ZipException | EOFException | ZstdIOException e) {
            throw new JobFailedException(
                    JobFailure.permanent("file_damaged", "the file cannot be unpacked: " + e.getMessage()), e);
        }
    }

    /** What an attempt reported last may be lost with its node; its rows are not. */
    private static void tellAgain(JobContext context, ImportLedger ledger) {
        Set<Integer> failed = new HashSet<>();
        for (RowError error : ledger.errors(ImportRun.MOST_ITEMS)) {
            failed.add(error.number());
            context.item(error.item());
        }
        for (SelectedItem item : context.selected().orElse(List.of())) {
            if (item.position() <= ledger.standing().rowsDone() && !failed.contains(item.position())) {
                context.item(ItemOutcome.succeeded(item.position(), item.name()));
            }
        }
    }

    private Standing store(ImportInput input, JobContext context, ImportLedger ledger, ImportFile file)
            throws IOException, SQLException {
        String tenant = context.tenant().value();
        try (TransferSession session = new TransferSession(sessions, context.timeLeft())) {
            session.set(Map.of(
                    "carnelian.tenant", tenant, "carnelian.job", context.jobId().toString()));
            ImportStore store = new ImportStore(session, Targets.of(input, tenant));
            return new ImportRun(input, context, ledger, file, store).run(maxRows);
        }
    }

    private static void refuseIfTooMany(ImportInput input, Standing end, Optional<FileLink> errors) {
        if (errors.isPresent() && end.rowsFailed() > input.maxErrorsOrDefault()) {
            throw new JobFailedException(JobFailure.permanent(
                    "too_many_errors",
                    "more than %d rows failed, and the import was given up; file %s has them"
                            .formatted(input.maxErrorsOrDefault(), errors.get().id())));
        }
    }

    private static ImportResult result(ImportInput input, Standing end, Optional<FileLink> errors) {
        return new ImportResult(
                input.what(),
                Objects.requireNonNull(end.format()),
                Objects.requireNonNull(end.compression()),
                end.rows(),
                end.rowsImported(),
                end.rowsUpdated(),
                end.rowsFailed(),
                errors.orElse(null),
                input.isDryRun());
    }
}
