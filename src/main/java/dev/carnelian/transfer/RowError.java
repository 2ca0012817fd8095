package dev.carnelian.transfer;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobFailure;
import java.util.Map;

/**
 * A row that was not imported.
 *
 * @param raw the start of what stood in the file
 */
record RowError(int number, String code, String message, String raw) {
    private static final int SHOWN = 4_000;
    private static final Map<String, String> MESSAGES = Map.of(
            "duplicate_key", "an earlier row of this import has the same key",
            "ambiguous_key", "several documents of the collection have this name",
            "document_not_found", "the collection has no such document",
            "chunk_not_found", "the document has no chunk with this ordinal",
            "rejected_by_database", "the database refuses the row");

    static RowError of(Row row, String code, String message) {
        return new RowError(
                row.number(),
                code,
                Utf8.shown(message, 2_000),
                Utf8.shown(row.raw().get(), SHOWN));
    }

    static RowError of(Row row, String verdict) {
        return of(row, verdict, MESSAGES.getOrDefault(verdict, verdict));
    }

    static String nameOf(int row) {
        return "row " + row;
    }

    ItemOutcome item() {
        return ItemOutcome.failed(number, nameOf(number), JobFailure.permanent(code, message));
    }
}
