package dev.carnelian.crawl;

import java.util.Arrays;

/** Bounds what a parser makes of a body: a tag of four bytes may become an object of hundreds. */
final class Tags {
    /** Beginnings and ends: some 100,000 elements. */
    private static final int MOST = 200_000;

    private Tags() {}

    /** The body up to the first tag that is too much; in all encodings of the web a tag begins with this byte. */
    static byte[] bounded(byte[] body) {
        int tags = 0;
        for (int i = 0; i < body.length; i++) {
            if (body[i] == '<' && ++tags > MOST) {
                return Arrays.copyOf(body, i);
            }
        }
        return body;
    }
}
