package dev.carnelian.document;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Splits text into overlapping pieces that begin and end at paragraphs, sentences or words where it can. Every character
 * but white space is in a piece, no piece is longer than the size, and no surrogate pair is split. Sizes are counted in
 * UTF-16 characters.
 */
final class Chunker {
    private static final String PARAGRAPH_END = "\n\n";

    private final int size;
    private final int overlap;
    private final int shortest;

    /**
     * @param size at least 2
     * @param overlap at most half of the size
     */
    Chunker(int size, int overlap) {
        if (size < 2 || overlap < 0 || overlap > size / 2) {
            throw new IllegalArgumentException("no chunks of " + size + " that overlap by " + overlap);
        }
        this.size = size;
        this.overlap = overlap;
        // More than the overlap, so that each piece ends after the one before it.
        this.shortest = size - size / 3;
    }

    List<Chunk> split(String text) {
        List<Chunk> chunks = new ArrayList<>();
        int start = skipSpace(text, 0);
        while (start < text.length()) {
            int cut = cut(text, start);
            int end = skipSpaceBack(text, cut);
            chunks.add(new Chunk(start, end, text.substring(start, end)));
            int next = skipSpace(text, cut);
            start = next == text.length() ? next : skipSpace(text, overlapping(text, cut));
        }
        return chunks;
    }

    /** The best place to end a piece: after a paragraph, else a sentence, else a word, else at the full size. */
    private int cut(String text, int start) {
        int hard = start + size;
        if (hard >= text.length()) {
            return text.length();
        }
        int paragraph = text.lastIndexOf(PARAGRAPH_END, hard - PARAGRAPH_END.length());
        if (paragraph >= start + shortest) {
            return paragraph;
        }
        // Only a window is looked at: in a text without sentences the iterator would search all of it each time.
        String window = text.substring(start, Math.min(text.length(), hard + 2));
        int sentence = lastBreak(BreakIterator.getSentenceInstance(Locale.ROOT), window);
        if (sentence >= shortest) {
            return start + sentence;
        }
        int word = lastBreak(BreakIterator.getWordInstance(Locale.ROOT), window);
        return word >= shortest ? start + word : wholeCharacter(text, hard);
    }

    private int lastBreak(BreakIterator breaks, String window) {
        breaks.setText(window);
        return breaks.preceding(size + 1);
    }

    /** Where the next piece begins: a word's start within the overlap where there is one. */
    private int overlapping(String text, int cut) {
        int from = wholeCharacter(text, cut - overlap);
        for (int place = from; place < cut; place++) {
            if (Character.isWhitespace(text.charAt(place))) {
                return place;
            }
        }
        return from;
    }

    private static int wholeCharacter(String text, int place) {
        boolean halves = place > 0
                && place < text.length()
                && Character.isHighSurrogate(text.charAt(place - 1))
                && Character.isLowSurrogate(text.charAt(place));
        return halves ? place - 1 : place;
    }

    private static int skipSpace(String text, int from) {
        int place = from;
        while (place < text.length() && Character.isWhitespace(text.charAt(place))) {
            place++;
        }
        return place;
    }

    private static int skipSpaceBack(String text, int from) {
        int place = from;
        while (place > 0 && Character.isWhitespace(text.charAt(place - 1))) {
            place--;
        }
        return place;
    }
}
