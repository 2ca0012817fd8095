package dev.carnelian.embedding;

import dev.carnelian.document.DocumentsInput;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The input of a {@code batch_embedding} job: a collection, all chunks of which are embedded, or texts of its own.
 *
 * @param collection the collection to embed; beside {@code texts} the one to store them in, {@code default} unless it is
 *     named
 * @param texts 1 to 1,000 texts of up to 8,000 characters, stored as documents and embedded
 * @param model {@code all-minilm-l6-v2}, the only one, also when it is not given
 */
@CollectionOrTexts
public record EmbeddingInput(
        @Nullable @Pattern(regexp = DocumentsInput.COLLECTION, message = DocumentsInput.COLLECTION_RULE)
        String collection,

        @Nullable @Size(min = 1, max = MAX_TEXTS)
        List<@NotNull @Pattern(regexp = NOT_BLANK, message = "must not be blank") @Size(max = MAX_TEXT) String> texts,

        @Nullable @Pattern(regexp = EmbeddingModel.NAME, message = "must be " + EmbeddingModel.NAME)
        String model) {
    static final int MAX_TEXTS = 1_000;
    static final int MAX_TEXT = 8_000;

    // Bean validation's own @NotBlank refuses null, too.
    private static final String NOT_BLANK = "(?s).*\\S.*";

    String collectionOrDefault() {
        return collection == null ? DocumentsInput.DEFAULT_COLLECTION : collection;
    }
}
