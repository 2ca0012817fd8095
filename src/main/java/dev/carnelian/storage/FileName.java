package dev.carnelian.storage;

import java.util.regex.Pattern;

/** Names that callers give to files: shown to people, never used on a file system. */
public final class FileName {
    /** The longest name that is kept, in UTF-16 characters. */
    public static final int LONGEST = 255;

    private static final String NAMELESS = "file";

    // Control and format characters (a right-to-left override makes "exe.pdf" of "fdp.exe"), and halves of a pair.
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\u2028\\u2029]");

    private FileName() {}

    /** The last part of a path without what cannot be shown, cut to {@link #LONGEST}; {@code file} if nothing is left. */
    public static String displayable(String given) {
        String last = given.substring(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
        String shown = cut(UNPRINTABLE.matcher(last).replaceAll("").strip());
        return shown.isEmpty() || shown.equals(".") || shown.equals("..") ? NAMELESS : shown;
    }

    private static String cut(String name) {
        if (name.length() <= LONGEST) {
            return name;
        }
        int end = Character.isHighSurrogate(name.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
        return name.substring(0, end);
    }
}
