package dev.carnelian.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.validation.Validation;
import jakarta.validation.Validator;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EmbeddingInputTest {
    private static final Validator VALIDATOR =
            Validation.buildDefaultValidatorFactory().getValidator();

    @Test
    void aCollectionOrTextsOrBothWillDo() {
        assertThat(wrong(new EmbeddingInput("letters", null, null))).isEmpty();
        assertThat(wrong(new EmbeddingInput(null, List.of("a text"), null))).isEmpty();
        assertThat(wrong(new EmbeddingInput("letters", List.of("a text"), "all-minilm-l6-v2")))
                .isEmpty();
        assertThat(new EmbeddingInput(null, List.of("a text"), null).collectionOrDefault())
                .isEqualTo("default");
    }

    @Test
    void nothingToEmbedIsRefused() {
        assertThat(wrong(new EmbeddingInput(null, null, null)))
                .containsExactly(": must have a collection to embed, or texts");
        assertThat(wrong(new EmbeddingInput("letters", List.of(), null)))
                .containsExactly("texts: size must be between 1 and 1000");
    }

    @Test
    void textsAreNeitherBlankNorMissingNorTooLongNorTooMany() {
        assertThat(wrong(texts(" \n\t"))).containsExactly("texts[0].<list element>: must not be blank");
        assertThat(wrong(new EmbeddingInput(null, Collections.singletonList(null), null)))
                .containsExactly("texts[0].<list element>: must not be null");
        assertThat(wrong(texts("x".repeat(8_001))))
                .containsExactly("texts[0].<list element>: size must be between 0 and 8000");
        assertThat(wrong(new EmbeddingInput(null, Collections.nCopies(1_001, "x"), null)))
                .containsExactly("texts: size must be between 1 and 1000");
        assertThat(wrong(new EmbeddingInput(null, Collections.nCopies(1_000, "x".repeat(8_000)), null)))
                .isEmpty();
    }

    @Test
    void otherModelsAndStrangeCollectionsAreRefused() {
        assertThat(wrong(new EmbeddingInput("letters", null, "gpt")))
                .containsExactly("model: must be all-minilm-l6-v2");
        assertThat(wrong(new EmbeddingInput("../x", null, null)))
                .singleElement()
                .asString()
                .startsWith("collection: ");
    }

    private static EmbeddingInput texts(@Nullable String text) {
        return new EmbeddingInput(null, Collections.singletonList(text), null);
    }

    private static Set<String> wrong(EmbeddingInput input) {
        return VALIDATOR.validate(input).stream()
                .map(violation -> violation.getPropertyPath() + ": " + violation.getMessage())
                .collect(Collectors.toSet());
    }
}
