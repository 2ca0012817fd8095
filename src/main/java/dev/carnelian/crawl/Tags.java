package dev.carnelian.crawl;

import java.util.Arrays;

/** Bounds what a parser makes of a body: a tag of four bytes may become an object of hundreds. */
final class Tags {
    /** Beginnings and ends: some 100,000 elements. */
    private static final int MOST = 200_000;

    private static final int BEGINNING = 1_000;

    private Tags() {}

    /** The body up to the first tag that is too much; in all encodings of the web a tag begins with this byte. */
    static byte[] bounded(byte[] body) {
        return bounded(body, '<', MOST);
    }

    /** Whether the body begins like one with tags. */
    static boolean areIn(byte[] body) {
        for (int i = 0; i < Math.min(body.length, BEGINNING); i++) {
            if (body[i] == '<') {
                return true;
            }
        }
        return false;
    }

    /** The body up to the first line that is too much. */
    static byte[] boundedLines(byte[] body, int most) {
        return bounded(body, '\n', most);
    }

    private static byte[] bounded(byte[] body, char mark, int most) {
        int marks = 0;
        for (int i = 0; i < body.length; i++) {
            if (body[i] == mark && ++marks > most) {
                return Arrays.copyOf(body, i);
            }
        }
        return body;
    }
}
