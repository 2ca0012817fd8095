package dev.carnelian.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkerTest {
    private static final String[] WORDS = {"a", "word", "and", "antidisestablishmentarianism", "😀😀", "大きな", "é", "."};
    private static final String[] SPACES = {" ", " ", " ", ". ", "\n", "\n\n", "", "\t  "};

    @Test
    void aShortTextIsOneChunk() {
        assertThat(new Chunker(100, 10).split("  Hello world.\n")).containsExactly(new Chunk(2, 14, "Hello world."));
        assertThat(new Chunker(100, 10).split(" \n ")).isEmpty();
        assertThat(new Chunker(100, 10).split("")).isEmpty();
    }

    @Test
    void chunksEndAtParagraphsThenSentencesThenWords() {
        Chunker chunker = new Chunker(40, 0);

        assertThat(texts(chunker.split("One sentence. Another one, longer.\n\nThe next paragraph.")))
                .containsExactly("One sentence. Another one, longer.", "The next paragraph.");
        assertThat(texts(chunker.split("This is the first long sentence. This is the second one.")))
                .containsExactly("This is the first long sentence.", "This is the second one.");
        assertThat(texts(chunker.split("so many words without an end to be seen anywhere in them")))
                .containsExactly("so many words without an end to be seen", "anywhere in them");
    }

    @Test
    void anOverlapBeginsAtAWord() {
        List<Chunk> chunks = new Chunker(40, 15).split("so many words without an end to be seen anywhere in them");

        assertThat(texts(chunks))
                .containsExactly("so many words without an end to be seen", "end to be seen anywhere in them");
    }

    @Test
    void everyTextIsCoveredByChunksWithinTheSize() {
        Random random = new Random(20261124);
        for (int round = 0; round < 2_000; round++) {
            int size = 20 + random.nextInt(100);
            int overlap = random.nextInt(size / 2 + 1);
            String text = text(random);

            List<Chunk> chunks = new Chunker(size, overlap).split(text);

            assertSound(text, chunks, size);
        }
    }

    @Test
    void aTextWithoutAnyPlaceToCutIsSplitInLinearTime() {
        String text = "x".repeat(Extracted.MAX_TEXT);

        assertThat(new Chunker(200, 100).split(text)).hasSizeBetween(10_000, 20_001);
    }

    private static void assertSound(String text, List<Chunk> chunks, int size) {
        BitSet covered = new BitSet();
        int last = 0;
        for (Chunk chunk : chunks) {
            assertThat(chunk.text()).isEqualTo(text.substring(chunk.start(), chunk.end()));
            assertThat(chunk.text()).isNotBlank().hasSizeLessThanOrEqualTo(size);
            assertThat(Character.isLowSurrogate(chunk.text().charAt(0))).isFalse();
            assertThat(Character.isHighSurrogate(text.charAt(chunk.end() - 1))).isFalse();
            assertThat(chunk.end()).isGreaterThan(last);
            last = chunk.end();
            covered.set(chunk.start(), chunk.end());
        }
        for (int place = covered.nextClearBit(0); place < text.length(); place = covered.nextClearBit(place + 1)) {
            assertThat(Character.isWhitespace(text.charAt(place))).isTrue();
        }
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int words = random.nextInt(120); words > 0; words--) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(SPACES[random.nextInt(SPACES.length)]);
        }
        return text.toString();
    }

    private static List<String> texts(List<Chunk> chunks) {
        return chunks.stream().map(Chunk::text).toList();
    }
}
