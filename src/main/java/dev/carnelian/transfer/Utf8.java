package dev.carnelian.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;

/** Text of files. */
final class Utf8 {
    /** Half of a surrogate pair stands for bytes that are not UTF-8, so that they spoil their row and no other. */
    private static final String NOT_UTF8 = "\uDC00";

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private Utf8() {}

    /** Reads UTF-8, with or without a byte order mark. */
    static Reader reader(InputStream in) throws IOException {
        Reader reader = new BufferedReader(
                new InputStreamReader(
                        in,
                        UTF_8.newDecoder()
                                .onMalformedInput(CodingErrorAction.REPLACE)
                                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                                .replaceWith(NOT_UTF8)),
                64 * 1024);
        reader.mark(1);
        if (reader.read() != BYTE_ORDER_MARK) {
            reader.reset();
        }
        return reader;
    }

    /** Whether PostgreSQL can store it: it takes neither U+0000 nor half of a surrogate pair. */
    static boolean isStorable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || Character.isLowSurrogate(c)) {
                return false;
            }
            if (Character.isHighSurrogate(c)) {
                i++;
                if (i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The start of a text that is to be shown, with U+FFFD in place of what cannot be stored. */
    static String shown(String text, int length) {
        String start = text.length() <= length ? text : text.substring(0, length);
        return isStorable(start) ? start : start.replaceAll("[\\x00\\p{Cs}]", "\uFFFD");
    }
}
