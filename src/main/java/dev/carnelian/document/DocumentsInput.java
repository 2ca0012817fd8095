package dev.carnelian.document;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The input of a {@code document_processing} job.
 *
 * @param documents 1 to 1,000
 * @param collection where the documents are kept together, {@code default} unless it is named
 * @param chunkSize the longest chunk in characters, 200 to 8,000, 1,000 unless it is given
 * @param chunkOverlap what a chunk repeats of the one before it in characters, at most half of the size; a tenth of the
 *     size unless it is given
 */
@OverlapFitsChunk
public record DocumentsInput(
        @NotNull @Size(min = 1, max = MAX_DOCUMENTS) List<@NotNull @Valid Source> documents,

        @Nullable @Pattern(regexp = COLLECTION, message = COLLECTION_RULE)
        String collection,

        @Nullable @Min(200) @Max(8_000) Integer chunkSize,
        @Nullable @Min(0) @Max(4_000) Integer chunkOverlap) {
    /** The names of collections, as a regular expression. */
    public static final String COLLECTION = "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}";
    /** The same in words. */
    public static final String COLLECTION_RULE =
            "must be 1 to 100 of letters, digits, '_', '.' and '-', beginning with a letter or digit";
    /** Where documents are kept that name no collection. */
    public static final String DEFAULT_COLLECTION = "default";

    static final int MAX_DOCUMENTS = 1_000;

    // Bean validation's own @NotBlank refuses null, too.
    private static final String NOT_BLANK = "(?s).*\\S.*";

    static final int DEFAULT_SIZE = 1_000;
    static final int DEFAULT_SHARE = 10;

    /**
     * One document, from exactly one source.
     *
     * @param text the text itself
     * @param base64 the bytes of a document; line breaks are ignored
     * @param fileId an uploaded file
     * @param url an http or https address to fetch the document from
     * @param filename what to call it; also a hint for the type of the document
     */
    @ExactlyOneSource
    public record Source(
            @Nullable @Pattern(regexp = NOT_BLANK, message = "must not be blank") @Size(max = Extracted.MAX_TEXT)
            String text,

            @Nullable @Pattern(regexp = NOT_BLANK, message = "must not be blank") @Base64Content
            String base64,

            @Nullable
            @Pattern(
                    regexp = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
                    message = "must be the id of an uploaded file")
            String fileId,

            @Nullable @Pattern(regexp = NOT_BLANK, message = "must not be blank") @Size(max = 2_048)
            String url,

            @Nullable @Pattern(regexp = NOT_BLANK, message = "must not be blank") @Size(max = 255)
            String filename) {
        long sources() {
            return Stream.of(text == null, base64 == null, fileId == null, url == null)
                    .filter(absent -> !absent)
                    .count();
        }
    }

    String collectionOrDefault() {
        return collection == null ? DEFAULT_COLLECTION : collection;
    }

    int sizeOrDefault() {
        return chunkSize == null ? DEFAULT_SIZE : chunkSize;
    }

    int overlapOrDefault() {
        return chunkOverlap == null ? sizeOrDefault() / DEFAULT_SHARE : chunkOverlap;
    }
}
