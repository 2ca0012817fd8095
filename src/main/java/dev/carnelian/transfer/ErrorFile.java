package dev.carnelian.transfer;

import dev.carnelian.database.Notifications.ConnectionSource;
import dev.carnelian.job.JobContext;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import dev.carnelian.transfer.ImportLedger.Standing;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;

/** The rows that an import refused, as a file of JSON Lines. */
final class ErrorFile {
    private static final String COPY = """
            COPY (SELECT row_to_json(r)
                  FROM (SELECT row_number AS "row", code, message, raw FROM import_errors
                        WHERE job_id = current_setting('carnelian.job')::uuid ORDER BY row_number) AS r)
            TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')""";

    private final FileStore files;
    private final ConnectionSource sessions;

    ErrorFile(FileStore files, ConnectionSource sessions) {
        this.files = files;
        this.sessions = sessions;
    }

    /** The file of an import that is finished, which an earlier attempt may have written; none when no row was refused. */
    Optional<FileLink> of(JobContext context, ImportLedger ledger, Standing finished) throws IOException, SQLException {
        if (finished.rowsFailed() == 0) {
            return Optional.empty();
        }
        Optional<StoredFile> written =
                Optional.ofNullable(finished.errorFile()).flatMap(id -> files.find(context.tenant(), new FileId(id)));
        if (written.isPresent()) {
            return written.map(FileLink::to);
        }
        StoredFile file = write(context);
        ledger.wrote(file.id().value(), ImportRun.MOST_ITEMS);
        return Optional.of(FileLink.to(file));
    }

    private StoredFile write(JobContext context) throws IOException, SQLException {
        try (TransferSession session = new TransferSession(sessions, context.timeLeft())) {
            session.set(Map.of("carnelian.job", context.jobId().toString()));
            try (ExportStream rows = new ExportStream(
                    session.copies().copyOut(COPY),
                    Format.JSONL,
                    Compression.NONE,
                    done -> context.throwIfCancelled())) {
                return files.store(
                        context.tenant(),
                        "errors-" + context.jobId() + ".jsonl",
                        Format.JSONL.mediaType(),
                        rows,
                        Long.MAX_VALUE);
            }
        }
    }
}
