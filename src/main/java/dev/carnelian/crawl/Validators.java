package dev.carnelian.crawl;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** By what a server tells whether a page has changed: its ETag and its Last-Modified, as they came. */
record Validators(@Nullable String etag, @Nullable String lastModified) {
    private static final int LONGEST = 500;

    Validators {
        etag = usable(etag);
        lastModified = usable(lastModified);
    }

    private static @Nullable String usable(@Nullable String header) {
        boolean plain = header != null
                && !header.isBlank()
                && header.length() <= LONGEST
                && header.chars().allMatch(letter -> letter >= ' ' && letter < 127);
        return plain ? header : null;
    }

    /** The headers that ask for the page only if it has changed. */
    Map<String, String> conditions() {
        Map<String, String> headers = new TreeMap<>();
        if (etag != null) {
            headers.put("If-None-Match", etag);
        }
        if (lastModified != null) {
            headers.put("If-Modified-Since", lastModified);
        }
        return headers;
    }
}
