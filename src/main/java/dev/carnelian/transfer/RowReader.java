package dev.carnelian.transfer;

import java.io.IOException;
import java.util.Optional;

/** Reads the rows of a file in order, one in memory at a time. */
interface RowReader {
    /** The longest row, in characters: a document with all its chunks, twice over. */
    int MAX_ROW = 8 << 20;

    /** The most cells of a row. */
    int MAX_COLUMNS = 1_000;

    /**
     * The next row; empty at the end.
     *
     * @throws dev.carnelian.job.JobFailedException if the file is such that no row can be told from the next
     */
    Optional<Row> next() throws IOException;
}
