package dev.carnelian.embedding;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * BERT's uncased tokenizer: text to the numbers its vocabulary gives to words and pieces of words. Immutable.
 *
 * <p>A text becomes as many windows as the model needs to see all of it; each is [CLS], pieces of whole words, [SEP]. Time
 * and memory grow with the length of the text and nothing else: a word of more than 100 characters is one unknown piece.
 * Marks such as [SEP] are words like any other in a text, so that nobody can write them into it.
 */
final class WordPiece {
    private static final String UNKNOWN = "[UNK]";
    private static final String BEGIN = "[CLS]";
    private static final String END = "[SEP]";
    private static final String WITHIN_WORD = "##";
    private static final int LONGEST_WORD = 100;
    private static final int SMALLEST_WINDOW = LONGEST_WORD + 2;

    private final Map<String, Integer> vocabulary;
    private final int longestPiece;
    private final int window;

    /**
     * @param vocabulary has [UNK], [CLS] and [SEP]
     * @param window the most numbers of a window, at least 102
     */
    WordPiece(Map<String, Integer> vocabulary, int window) {
        if (window < SMALLEST_WINDOW || !vocabulary.keySet().containsAll(List.of(UNKNOWN, BEGIN, END))) {
            throw new IllegalArgumentException("no tokenizer with a window of " + window + " and a vocabulary of "
                    + vocabulary.size() + " without " + UNKNOWN + ", " + BEGIN + " or " + END);
        }
        this.vocabulary = Map.copyOf(vocabulary);
        this.longestPiece =
                vocabulary.keySet().stream().mapToInt(String::length).max().orElseThrow();
        this.window = window;
    }

    /** Reads the vocabulary of a Hugging Face {@code tokenizer.json}: the object {@code model.vocab}. */
    static Map<String, Integer> vocabulary(InputStream json) throws IOException {
        Map<String, Integer> vocabulary = new HashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken() == JsonToken.START_OBJECT && "vocab".equals(parser.currentName())) {
                    while (parser.nextToken() == JsonToken.FIELD_NAME) {
                        String piece = parser.currentName();
                        vocabulary.put(piece, parser.nextIntValue(-1));
                    }
                }
            }
        }
        return vocabulary;
    }

    /** The windows of a text: at least one, whatever the text. */
    List<long[]> windows(String text) {
        Windows windows = new Windows();
        String plain = Normalizer.normalize(clean(text), Normalizer.Form.NFD);
        StringBuilder word = new StringBuilder();
        plain.codePoints().forEach(character -> {
            if (Character.getType(character) == Character.NON_SPACING_MARK) {
                return;
            }
            int lower = Character.toLowerCase(character);
            boolean alone = isPunctuation(lower);
            if (alone || lower == ' ') {
                windows.add(pieces(word.toString()));
                word.setLength(0);
            }
            if (alone) {
                windows.add(pieces(Character.toString(lower)));
            } else if (lower != ' ') {
                word.appendCodePoint(lower);
            }
        });
        windows.add(pieces(word.toString()));
        return windows.all();
    }

    /** The text without what cannot be seen, white space as spaces, and Chinese characters as words of their own. */
    private static String clean(String text) {
        StringBuilder clean = new StringBuilder(text.length() + text.length() / 8);
        text.codePoints().forEach(character -> {
            if (isSpace(character)) {
                clean.append(' ');
            } else if (isIdeograph(character)) {
                clean.append(' ').appendCodePoint(character).append(' ');
            } else if (!isOther(character)) {
                clean.appendCodePoint(character);
            }
        });
        return clean.toString();
    }

    private static boolean isSpace(int character) {
        return switch (Character.getType(character)) {
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> character == '\t' || character == '\n' || character == '\r';
        };
    }

    /** Control, format and private characters, halves of pairs, and the mark of what could not be read. */
    private static boolean isOther(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
            default -> character == 0xFFFD;
        };
    }

    /** The blocks BERT calls Chinese, which leave out Hangul and kana. */
    private static boolean isIdeograph(int character) {
        return (character >= 0x3400 && character <= 0x4DBF)
                || (character >= 0x4E00 && character <= 0x9FFF)
                || (character >= 0xF900 && character <= 0xFAFF)
                || (character >= 0x20000 && character <= 0x2A6DF)
                || (character >= 0x2A700 && character <= 0x2B81F)
                || (character >= 0x2B920 && character <= 0x2CEAF)
                || (character >= 0x2F800 && character <= 0x2FA1F);
    }

    private static boolean isPunctuation(int character) {
        return switch (Character.getType(character)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> "$+<=>^`|~".indexOf(character) >= 0;
        };
    }

    /** The longest pieces from the left that make up the word; one unknown piece if none do. */
    private List<Integer> pieces(String word) {
        List<Integer> pieces = new ArrayList<>();
        if (word.codePointCount(0, word.length()) > LONGEST_WORD) {
            return List.of(id(UNKNOWN));
        }
        for (int start = 0; start < word.length(); ) {
            int end = Math.min(word.length(), start + longestPiece);
            Integer piece = null;
            while (end > start && piece == null) {
                String part = word.substring(start, end);
                piece = vocabulary.get(start == 0 ? part : WITHIN_WORD + part);
                end = piece == null ? end - 1 : end;
            }
            if (piece == null) {
                return List.of(id(UNKNOWN));
            }
            pieces.add(piece);
            start = end;
        }
        return pieces;
    }

    private int id(String piece) {
        Integer id = vocabulary.get(piece);
        if (id == null) {
            throw new IllegalArgumentException("the vocabulary has no " + piece);
        }
        return id;
    }

    /** Fills one window after the other; a word is in one of them. */
    private final class Windows {
        private final List<long[]> full = new ArrayList<>();
        private final long[] open = new long[window];
        private int size = 1;

        void add(List<Integer> word) {
            if (size + word.size() >= window) {
                close();
            }
            for (int piece : word) {
                open[size++] = piece;
            }
        }

        private void close() {
            open[0] = id(BEGIN);
            open[size] = id(END);
            full.add(Arrays.copyOf(open, size + 1));
            size = 1;
        }

        List<long[]> all() {
            if (size > 1 || full.isEmpty()) {
                close();
            }
            return full;
        }
    }
}
