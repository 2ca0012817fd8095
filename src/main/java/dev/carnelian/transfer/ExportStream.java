package dev.carnelian.transfer;

import dev.carnelian.storage.PieceInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.SQLException;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyOut;

/** A COPY as the bytes of a file, made while they are read. */
final class ExportStream extends PieceInputStream {
    private static final int PIECE = 64 * 1024;
    private static final byte[] CSV_LINE_END = {'\r', '\n'};

    private final CopyOut copy;
    private final IntConsumer onRows;
    private final boolean csv;
    private final ByteArrayOutputStream packed = new ByteArrayOutputStream(2 * PIECE);
    private final OutputStream packer;
    private int lines;
    private long bytes;
    private boolean ended;

    /**
     * @param onRows called after each piece with the number of rows so far; may throw to end it
     */
    ExportStream(CopyOut copy, Format format, Compression compression, IntConsumer onRows) throws IOException {
        this.copy = copy;
        this.csv = format == Format.CSV;
        this.onRows = onRows;
        this.packer = compression.pack(packed);
    }

    /** Rows so far, without the header. */
    int rows() {
        return csv ? Math.max(0, lines - 1) : lines;
    }

    /** Bytes before compression so far. */
    long bytes() {
        return bytes;
    }

    @Override
    protected byte[] nextPiece() throws IOException {
        while (packed.size() == 0 && !ended) {
            fill();
            onRows.accept(rows());
        }
        byte[] piece = packed.toByteArray();
        packed.reset();
        return piece;
    }

    private void fill() throws IOException {
        // What is packed may come out late and all at once, so a piece also ends after as much has gone in.
        for (long until = bytes + 16 * PIECE; packed.size() < PIECE && bytes < until && !ended; ) {
            byte[] line = line();
            ended = line == null;
            if (line == null) {
                packer.close();
            } else {
                write(line);
            }
        }
    }

    /** The server sends one message for each line. */
    private byte @Nullable [] line() throws IOException {
        try {
            return copy.readFromCopy();
        } catch (SQLException e) {
            throw new IOException("the export was broken off: " + e.getMessage(), e);
        }
    }

    private void write(byte[] line) throws IOException {
        lines++;
        if (csv) {
            packer.write(line, 0, line.length - 1);
            packer.write(CSV_LINE_END);
            bytes += line.length + 1L;
        } else {
            packer.write(line);
            bytes += line.length;
        }
    }

    /** Gives back what the packer holds outside the heap. The COPY ends with its session. */
    @Override
    public void close() throws IOException {
        if (!ended) {
            ended = true;
            packer.close();
        }
    }
}
