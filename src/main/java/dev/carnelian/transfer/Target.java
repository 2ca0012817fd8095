package dev.carnelian.transfer;

import java.util.List;
import java.util.Set;

/**
 * Where the rows of an import go. Rows are copied into temporary tables first, as a COPY alone would fail for all of them
 * when one is there already. Tenant and job are read from settings of the session; the text of the statements is constant.
 */
interface Target {
    /** Verdicts of rows that were stored; every other is the code of an error. */
    String IMPORTED = "imported";

    String UPDATED = "updated";

    /** The fields that a row may have. */
    Set<String> fields();

    /** Checks a row and readies it. */
    Staged stage(Row row, Fields fields) throws RowException;

    /** Makes the temporary tables: {@code staged}, with a row number and a verdict, and perhaps {@code staged_parts}. */
    List<String> tables();

    /** The columns of {@code staged} that are copied. */
    String columns();

    /** The columns of {@code staged_parts}; empty if there is none. */
    default String partColumns() {
        return "";
    }

    /** Stores what is staged and gives every row its verdict. */
    List<String> merge();
}
