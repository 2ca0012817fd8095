package dev.carnelian.transfer;

/**
 * A row that is ready to be stored.
 *
 * @param line for the target's table of rows
 * @param parts lines for its table of parts, if it has one
 */
record Staged(Row row, String line, String parts) {
    /** Roughly what it takes in memory, in characters. */
    int size() {
        return 2 * (line.length() + parts.length());
    }
}
