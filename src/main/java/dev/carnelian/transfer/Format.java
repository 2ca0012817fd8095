package dev.carnelian.transfer;

/** How rows are written. */
public enum Format {
    /** A JSON object to a line. */
    JSONL("jsonl", "application/jsonl"),
    /** RFC 4180, with a header. */
    CSV("csv", "text/csv; charset=utf-8");

    private final String extension;
    private final String mediaType;

    Format(String extension, String mediaType) {
        this.extension = extension;
        this.mediaType = mediaType;
    }

    String extension() {
        return extension;
    }

    String mediaType() {
        return mediaType;
    }
}
