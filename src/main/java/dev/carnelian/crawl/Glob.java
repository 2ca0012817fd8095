package dev.carnelian.crawl;

import java.util.Arrays;
import java.util.List;

/**
 * A pattern in which {@code *} stands for any characters and everything else for itself. Matching takes the product of
 * both lengths at worst.
 */
final class Glob {
    private final List<String> pieces;

    Glob(String pattern) {
        this.pieces = Arrays.asList(pattern.split("\\*", -1));
    }

    boolean matches(String text) {
        String first = pieces.get(0);
        if (pieces.size() == 1) {
            return text.equals(first);
        }
        String last = pieces.get(pieces.size() - 1);
        int end = text.length() - last.length();
        if (end < first.length() || !text.startsWith(first) || !text.endsWith(last)) {
            return false;
        }
        // The leftmost place of each piece leaves the most room to those after it.
        int place = first.length();
        for (String piece : pieces.subList(1, pieces.size() - 1)) {
            int found = text.indexOf(piece, place);
            if (found < 0 || found + piece.length() > end) {
                return false;
            }
            place = found + piece.length();
        }
        return true;
    }
}
