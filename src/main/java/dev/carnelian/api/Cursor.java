package dev.carnelian.api;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The place where a list goes on, opaque to clients and good for the list it came from only. */
final class Cursor {
    private static final int LONGEST = 200;

    private Cursor() {}

    /**
     * @param list names the list with its filter, the same on every node
     * @param place where it goes on
     */
    static String of(String list, String place) {
        String text = Digest.of(list).substring(0, 16) + place;
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The place a cursor names.
     *
     * @throws ApiException if it is no cursor, or one of another list
     */
    static String placeIn(String cursor, String list) {
        String text;
        try {
            text = cursor.length() > LONGEST
                    ? ""
                    : new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
        if (!text.matches("[0-9a-f]{16}[0-9a-f.:TZ-]{1,80}")) {
            throw invalid();
        }
        if (!text.startsWith(Digest.of(list).substring(0, 16))) {
            throw new ApiException(
                    ErrorCode.CURSOR_MISMATCH,
                    "the cursor belongs to a list with another filter; send the filter it came with, or no cursor");
        }
        return text.substring(16);
    }

    static ApiException invalid() {
        return new ApiException(ErrorCode.INVALID_PARAMETER, "cursor is not one that a list has given");
    }
}
