package dev.carnelian.transfer;

import dev.carnelian.database.Notifications.ConnectionSource;
import dev.carnelian.job.JobContext;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;

/** Writes the rows that an import refused to a file of JSON Lines. */
final class ErrorFile {
    private static final String COPY = """
            COPY (SELECT row_to_json(r)
                  FROM (SELECT row_number AS "row", code, message, raw FROM import_errors
                        WHERE job_id = current_setting('carnelian.job')::uuid ORDER BY row_number) AS r)
            TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')""";

    private ErrorFile() {}

    static StoredFile write(FileStore files, ConnectionSource sessions, JobContext context)
            throws IOException, SQLException {
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
