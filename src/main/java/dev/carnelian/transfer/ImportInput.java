package dev.carnelian.transfer;

import dev.carnelian.document.DocumentsInput;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The input of an {@code import} job.
 *
 * @param what what the rows are; not jobs
 * @param fileId an uploaded file, or that of an export
 * @param url where to fetch the file instead
 * @param format told from name and content unless it is given
 * @param compression told from the content unless it is given
 * @param delimiter what separates the cells of a CSV file, a comma unless it is given
 * @param guarded whether an apostrophe before a formula character is taken off again, as export put it; true unless given
 * @param collection for all rows; unless it is given each row's own, or {@code default}
 * @param mapping from the names of columns to those of fields; a column that has a field's name needs none
 * @param key how documents that are there already are found, {@code id} unless it is given
 * @param onError {@code continue} unless it is given
 * @param dryRun true to do everything but keep it
 * @param maxErrors rows that may fail before the import is given up, 10,000 unless it is given
 * @param chunkSize for rows with text, as in document_processing
 * @param chunkOverlap for rows with text, as in document_processing
 */
public record ImportInput(
        @NotNull What what,

        @Nullable
        @Pattern(regexp = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", message = "must be the id of a file")
        String fileId,

        @Nullable @Size(min = 1, max = 2_000) String url,
        @Nullable Format format,
        @Nullable Compression compression,

        @Nullable @Pattern(regexp = "[^\"\\r\\n]", message = "must be one character other than a quote or line end")
        String delimiter,

        @Nullable Boolean guarded,

        @Nullable @Pattern(regexp = DocumentsInput.COLLECTION, message = DocumentsInput.COLLECTION_RULE)
        String collection,

        @Nullable @Size(max = 100)
        Map<@NotNull @Size(max = 1_000) String, @NotNull @Size(min = 1, max = 200) String> mapping,

        @Nullable Key key,
        @Nullable OnError onError,
        @Nullable Boolean dryRun,
        @Nullable @Min(1) @Max(100_000) Integer maxErrors,
        @Nullable @Min(200) @Max(8_000) Integer chunkSize,
        @Nullable @Min(0) @Max(4_000) Integer chunkOverlap) {
    private static final int DEFAULT_MAX_ERRORS = 10_000;
    private static final int DEFAULT_CHUNK = 1_000;
    private static final int DEFAULT_OVERLAP_SHARE = 10;

    public ImportInput {
        mapping = mapping == null ? null : Map.copyOf(mapping);
    }

    char delimiterOrDefault() {
        return delimiter == null ? ',' : delimiter.charAt(0);
    }

    boolean isGuarded() {
        return guarded == null || guarded;
    }

    Map<String, String> mappingOrNone() {
        return mapping == null ? Map.of() : mapping;
    }

    Key keyOrDefault() {
        return key == null ? Key.ID : key;
    }

    boolean isAllOrNothing() {
        return onError == OnError.ABORT;
    }

    boolean isDryRun() {
        return dryRun != null && dryRun;
    }

    int maxErrorsOrDefault() {
        return maxErrors == null ? DEFAULT_MAX_ERRORS : maxErrors;
    }

    int chunkSizeOrDefault() {
        return chunkSize == null ? DEFAULT_CHUNK : chunkSize;
    }

    int chunkOverlapOrDefault() {
        return chunkOverlap == null ? chunkSizeOrDefault() / DEFAULT_OVERLAP_SHARE : chunkOverlap;
    }
}
