package dev.carnelian.document;

import java.util.regex.Pattern;

/** Makes text fit for PostgreSQL and for people. */
final class CleanText {
    // PostgreSQL stores neither U+0000 nor half of a surrogate pair.
    private static final Pattern UNSTORABLE = Pattern.compile("[\\x00\\p{Cs}]");
    // Looks at a run of spaces once, from its beginning: from each of its places it would take the square of its
    // length.
    private static final Pattern LINE_END = Pattern.compile("(?<![ \\t\\u00A0])[ \\t\\u00A0]*+(?:\\r\\n|\\r|\\n)");
    private static final Pattern BLANK_LINES = Pattern.compile("\\n{3,}");

    private CleanText() {}

    /** The text with U+FFFD in place of everything PostgreSQL cannot store; the length stays the same. */
    static String storable(String text) {
        return UNSTORABLE.matcher(text).replaceAll("\uFFFD");
    }

    /** The storable text without spaces at the ends of lines and with one blank line where there were more. */
    static String tidy(String text) {
        String lines = LINE_END.matcher(storable(text)).replaceAll("\n");
        return BLANK_LINES.matcher(lines).replaceAll("\n\n").strip();
    }

    /** The first {@code length} characters, one less where that would halve a surrogate pair. */
    static String cut(String text, int length) {
        if (text.length() <= length) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length);
    }
}
