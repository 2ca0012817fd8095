package dev.carnelian.transfer;

import org.jspecify.annotations.Nullable;

/**
 * The result of an {@code import} job.
 *
 * @param rows that were looked at
 * @param rowsImported that made something new
 * @param rowsUpdated that changed what was there
 * @param errors rows that failed
 * @param errorFile a line of JSON for each of them, with {@code row}, {@code code}, {@code message} and {@code raw}; null
 *     when none failed
 * @param dryRun when true, nothing of this was kept
 */
public record ImportResult(
        What what,
        Format format,
        Compression compression,
        int rows,
        int rowsImported,
        int rowsUpdated,
        int errors,
        @Nullable FileLink errorFile,
        boolean dryRun) {}
