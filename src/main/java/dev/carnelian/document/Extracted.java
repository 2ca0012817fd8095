package dev.carnelian.document;

import java.util.Map;

/**
 * What was read from a document.
 *
 * @param metadata at most {@link #MAX_METADATA} entries with values of at most {@link #MAX_VALUE} characters
 * @param text storable, at most {@link #MAX_TEXT} characters
 * @param truncated whether the document had more text
 */
record Extracted(String mediaType, Map<String, String> metadata, String text, boolean truncated) {
    static final int MAX_METADATA = 64;
    static final int MAX_KEY = 200;
    static final int MAX_VALUE = 1_000;
    static final int MAX_TEXT = 2_000_000;

    Extracted {
        metadata = Map.copyOf(metadata);
    }
}
