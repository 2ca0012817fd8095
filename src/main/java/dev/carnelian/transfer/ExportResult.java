package dev.carnelian.transfer;

/**
 * The result of an {@code export} job.
 *
 * @param rows in the file, without the header of a CSV file
 * @param bytes of the rows before compression
 */
public record ExportResult(FileLink file, What what, Format format, Compression compression, int rows, long bytes) {}
