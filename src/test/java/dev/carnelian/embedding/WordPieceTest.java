package dev.carnelian.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WordPieceTest {
    private static final long BEGIN = 101;
    private static final long END = 102;
    private static final long UNKNOWN = 100;

    private static Map<String, Integer> vocabulary;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream json = resource("/all-minilm-l6-v2-q-tokenizer.json")) {
            vocabulary = WordPiece.vocabulary(json);
        }
    }

    @Test
    void theVocabularyIsWhole() {
        assertThat(vocabulary).hasSize(30_522).containsEntry("[PAD]", 0).containsEntry("##～", 30_521);
    }

    /** See word-pieces.md for where the numbers come from. */
    @Test
    void textsBecomeTheNumbersHuggingFaceGivesThem() throws IOException {
        WordPiece tokenizer = new WordPiece(vocabulary, 1_000);
        try (InputStream json = resource("word-pieces.json")) {
            JsonNode cases = new ObjectMapper().readTree(json);
            assertThat(cases).hasSize(60);
            for (JsonNode known : cases) {
                long[] ids = StreamSupport.stream(known.path("ids").spliterator(), false)
                        .mapToLong(JsonNode::asLong)
                        .toArray();
                assertThat(tokenizer.windows(known.path("text").asText()))
                        .as(known.toString())
                        .containsExactly(ids);
            }
        }
    }

    @Test
    void halvesOfSurrogatePairsAreLeftOut() {
        assertThat(windows("one \uD83D two\uDC00"))
                .containsExactly(windows("one two").get(0));
    }

    @Test
    void nobodyCanWriteTheModelsMarksIntoAText() {
        long[] ids = windows("one [SEP] two [CLS] three").get(0);

        assertThat(ids[0]).isEqualTo(BEGIN);
        assertThat(ids[ids.length - 1]).isEqualTo(END);
        assertThat(Arrays.copyOfRange(ids, 1, ids.length - 1)).doesNotContain(BEGIN, END);
    }

    @Test
    void aLongTextHasSeveralWindowsOfWholeWords() {
        String text = "unaffable wordpieces ".repeat(400);
        List<long[]> windows = windows(text);

        assertThat(windows).hasSizeBetween(10, 12).allSatisfy(window -> {
            assertThat(window).hasSizeBetween(102, 256).startsWith(BEGIN).endsWith(END);
            assertThat(window[1])
                    .isIn(windows("unaffable").get(0)[1], windows("wordpieces").get(0)[1]);
        });
        long[] all = windows.stream()
                .flatMapToLong(window -> LongStream.of(window).skip(1).limit(window.length - 2L))
                .toArray();
        long[] once = new WordPiece(vocabulary, 100_000).windows(text).get(0);
        assertThat(all).containsExactly(Arrays.copyOfRange(once, 1, once.length - 1));
    }

    @Test
    void aTextOfOneEndlessWordIsOneUnknownPiece() {
        assertThat(windows("x".repeat(2_000_000))).containsExactly(new long[] {BEGIN, UNKNOWN, END});
    }

    @Test
    void aTextOfNothingThatIsSeenHasAnEmptyWindow() {
        assertThat(windows("\u200B\u0000\uFFFD \u3000")).containsExactly(new long[] {BEGIN, END});
    }

    @Test
    void aWindowHasRoomForTheLongestWord() {
        assertThatThrownBy(() -> new WordPiece(vocabulary, 101)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new WordPiece(Map.of("a", 1), 256)).isInstanceOf(IllegalArgumentException.class);
    }

    private static List<long[]> windows(String text) {
        return new WordPiece(vocabulary, 256).windows(text);
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(WordPieceTest.class.getResourceAsStream(name), name);
    }
}
