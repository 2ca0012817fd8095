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
public final class Chunker {
    private static final String PARAGRAPH_END = "\n\n";

    private static final int SMALLEST = 20;

    private final int size;
    private final int overlap;
    private final int shortest;

    /** Breaks between sentences and between words. Making them is slow and sharing them between threads is unsafe. */
    private record Breaks(BreakIterator sentences, BreakIterator words) {}

    /**
     * @param size at least 20
     * @param overlap at most half of the size
     */
    public Chunker(int size, int overlap) {
        if (size < SMALLEST || overlap < 0 || overlap > size / 2) {
            throw new IllegalArgumentException("no chunks of " + size + " that overlap by " + overlap);
        }
        this.size = size;
        this.overlap = overlap;
        // More than the overlap, so that each piece ends after the one before it.
        this.shortest = size - size / 3;
    }

    /** The pieces in order; none if the text is blank. */
    public List<Chunk> split(String text) {
        Breaks breaks =
                new Breaks(BreakIterator.getSentenceInstance(Locale.ROOT), BreakIterator.getWordInstance(Locale.ROOT));
        List<Chunk> chunks = new ArrayList<>();
        int unread = skipSpace(text, 0);
        int start = unread;
        while (unread < text.length()) {
            int cut = cut(text, start, breaks);
            int end = skipSpaceBack(text, cut);
            chunks.add(new Chunk(start, end, text.substring(start, end)));
            unread = skipSpace(text, cut);
            start = overlapping(text, unread);
        }
        return chunks;
    }

    /** The best place to end a piece: after a paragraph, else a sentence, else a word, else at the full size. */
    private int cut(String text, int start, Breaks breaks) {
        int hard = start + size;
        if (hard >= text.length()) {
            return text.length();
        }
        // Only a window is looked at: in a text without breaks a search would go through all of it each time.
        String window = text.substring(start, Math.min(text.length(), hard + PARAGRAPH_END.length()));
        int paragraph = window.lastIndexOf(PARAGRAPH_END);
        if (paragraph >= shortest) {
            return start + paragraph;
        }
        int sentence = lastBreak(breaks.sentences(), window);
        if (sentence >= shortest) {
            return start + sentence;
        }
        int word = lastBreak(breaks.words(), window);
        return word >= shortest ? start + word : wholeCharacter(text, hard);
    }

    private int lastBreak(BreakIterator breaks, String window) {
        breaks.setText(window);
        return breaks.preceding(size + 1);
    }

    /** Where the next piece begins: at the first word within the overlap, if one begins there. */
    private int overlapping(String text, int unread) {
        int from = wholeCharacter(text, Math.max(0, unread - overlap));
        for (int place = Math.max(0, from - 1); place < unread; place++) {
            if (Character.isWhitespace(text.charAt(place))) {
                return skipSpace(text, place);
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
