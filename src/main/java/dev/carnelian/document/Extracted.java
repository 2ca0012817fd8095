package dev.carnelian.document;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * What was read from a document; {@link #of} makes it of whatever text there is.
 *
 * @param metadata at most {@link #MAX_METADATA} entries with values of at most {@link #MAX_VALUE} characters
 * @param text storable, at most {@link #MAX_TEXT} characters
 * @param truncated whether the document had more text
 */
public record Extracted(String mediaType, Map<String, String> metadata, String text, boolean truncated) {
    static final int MAX_METADATA = 64;
    static final int MAX_KEY = 200;
    static final int MAX_VALUE = 1_000;
    /** The most text that is kept of a document, in UTF-16 units. */
    public static final int MAX_TEXT = 2_000_000;

    public Extracted {
        metadata = Map.copyOf(metadata);
    }

    /** The same, tidied and cut to what is storable. */
    public static Extracted of(String mediaType, Map<String, String> metadata, String text) {
        Map<String, String> bounded = metadata.entrySet().stream()
                .limit(MAX_METADATA)
                .collect(Collectors.toMap(
                        entry -> storable(entry.getKey(), MAX_KEY),
                        entry -> storable(entry.getValue(), MAX_VALUE),
                        (first, second) -> first));
        String tidy = CleanText.tidy(text);
        return new Extracted(
                storable(mediaType, MAX_KEY), bounded, CleanText.cut(tidy, MAX_TEXT), tidy.length() > MAX_TEXT);
    }

    private static String storable(String text, int length) {
        return CleanText.cut(CleanText.storable(text), length);
    }
}
