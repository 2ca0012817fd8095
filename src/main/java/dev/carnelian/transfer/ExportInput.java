package dev.carnelian.transfer;

import dev.carnelian.document.DocumentsInput;
import dev.carnelian.job.JobStatus;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The input of an {@code export} job.
 *
 * @param what what to export
 * @param format {@code jsonl} unless it is given
 * @param compression {@code none} unless it is given
 * @param collection only of this collection; not for jobs
 * @param type only jobs of this type
 * @param status only jobs in this status
 * @param createdAfter only what was made at this time or later
 * @param createdBefore only what was made before this time
 */
public record ExportInput(
        @NotNull What what,
        @Nullable Format format,
        @Nullable Compression compression,

        @Nullable @Pattern(regexp = DocumentsInput.COLLECTION, message = DocumentsInput.COLLECTION_RULE)
        String collection,

        @Nullable @Pattern(regexp = "[a-z][a-z0-9_]{0,62}", message = "must be the name of a job type")
        String type,

        @Nullable JobStatus status,
        @Nullable Instant createdAfter,
        @Nullable Instant createdBefore) {
    Format formatOrDefault() {
        return format == null ? Format.JSONL : format;
    }

    Compression compressionOrDefault() {
        return compression == null ? Compression.NONE : compression;
    }
}
