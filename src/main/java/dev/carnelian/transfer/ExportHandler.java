package dev.carnelian.transfer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carnelian.database.Notifications.ConnectionSource;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobType.Limits;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.FileTooLargeException;
import dev.carnelian.storage.StoredFile;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes what a tenant has to a file: one COPY, so all of it is of one moment, streamed into the store as it comes. A file
 * is seen once it is complete, so a repeated attempt begins anew; one that finds a complete file answers with that.
 */
public final class ExportHandler implements JobHandler<ExportInput, ExportResult> {
    /** The type it serves. */
    public static final JobType<ExportInput, ExportResult> TYPE = new JobType<>(
            "export",
            "Writes documents, chunks, embeddings or jobs to a file of JSON Lines or CSV",
            ExportInput.class,
            ExportResult.class,
            new Limits(Limits.standard().maxAttempts(), Limits.standard().backoff(), Duration.ofHours(2)));

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final FileStore files;
    private final ConnectionSource sessions;
    private final long maxBytes;

    /**
     * @param sessions a session for each attempt
     * @param maxBytes of one file
     */
    public ExportHandler(FileStore files, ConnectionSource sessions, long maxBytes) {
        this.files = files;
        this.sessions = sessions;
        this.maxBytes = maxBytes;
    }

    @Override
    public JobType<ExportInput, ExportResult> type() {
        return TYPE;
    }

    @Override
    public void check(ExportInput input) {
        boolean jobs = input.what() == What.JOBS;
        refuseIf(jobs && input.collection() != null, "collection", "jobs are in no collection");
        refuseIf(!jobs && input.type() != null, "type", "only jobs have a type");
        refuseIf(!jobs && input.status() != null, "status", "only jobs have a status");
    }

    private static void refuseIf(boolean wrong, String field, String message) {
        if (wrong) {
            throw new InputRefusedException("validation_failed", field, message);
        }
    }

    @Override
    public ExportResult handle(ExportInput input, JobContext context) throws IOException, SQLException {
        Refusal.orFailure(() -> check(input));
        Optional<ExportResult> before = finishedBefore(context);
        if (before.isPresent()) {
            return before.get();
        }
        try (TransferSession session = new TransferSession(sessions, context.timeLeft())) {
            ExportResult result = export(input, context, session);
            context.checkpoint(JSON.writeValueAsString(result));
            return result;
        } catch (FileTooLargeException e) {
            throw new JobFailedException(
                    JobFailure.permanent(
                            "export_too_large",
                            "the file would have more than " + e.maxBytes()
                                    + " bytes; export a part of it, or compress it"),
                    e);
        }
    }

    private Optional<ExportResult> finishedBefore(JobContext context) throws JsonProcessingException {
        Optional<String> checkpoint = context.checkpoint();
        if (checkpoint.isEmpty()) {
            return Optional.empty();
        }
        ExportResult result = JSON.readValue(checkpoint.get(), ExportResult.class);
        return files.find(context.tenant(), new FileId(result.file().id())).map(found -> result);
    }

    private ExportResult export(ExportInput input, JobContext context, TransferSession session)
            throws IOException, SQLException {
        Format format = input.formatOrDefault();
        Compression compression = input.compressionOrDefault();
        ExportQuery query = new ExportQuery(context.tenant().value(), input);
        session.set(query.settings());
        // The count is of the same moment as the rows.
        session.handle().begin();
        session.handle().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        int total = (int) Math.min(
                Integer.MAX_VALUE,
                session.handle().createQuery(query.count()).mapTo(Long.class).one());
        context.message("exporting " + total + " rows");
        try (ExportStream rows = new ExportStream(
                session.copies().copyOut(query.copy(format)),
                format,
                compression,
                done -> context.progress(Math.min(done, total), Math.max(1, total)))) {
            String name = "%s-%s.%s%s"
                    .formatted(wireName(input.what()), context.jobId(), format.extension(), compression.extension());
            StoredFile file = files.store(context.tenant(), name, compression.mediaType(format), rows, maxBytes);
            return new ExportResult(FileLink.to(file), input.what(), format, compression, rows.rows(), rows.bytes());
        }
    }

    private static String wireName(What what) {
        return what.name().toLowerCase(Locale.ROOT);
    }
}
