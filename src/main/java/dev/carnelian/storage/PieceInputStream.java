package dev.carnelian.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Reads a part of a file, one piece in memory at a time. */
final class PieceInputStream extends InputStream {
    private final FileContents contents;
    private final StoredFile file;
    private final long end;
    private long position;
    private byte[] piece = {};
    private int read;

    PieceInputStream(FileContents contents, StoredFile file, long from, long length) {
        this.contents = contents;
        this.file = file;
        this.position = from;
        this.end = from + length;
    }

    @Override
    public int read() throws IOException {
        return hasMore() ? piece[read++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (!hasMore()) {
            return -1;
        }
        int copied = Math.min(length, piece.length - read);
        System.arraycopy(piece, read, target, offset, copied);
        read += copied;
        return copied;
    }

    private boolean hasMore() throws IOException {
        if (read == piece.length && position < end) {
            fetch();
        }
        return read < piece.length;
    }

    private void fetch() throws IOException {
        int pieceBytes = contents.pieceBytes();
        int length = (int) Math.min(pieceBytes - position % pieceBytes, end - position);
        piece = contents.read(file, position, length);
        if (piece.length != length) {
            throw new IOException("file " + file.id() + " was deleted while it was read");
        }
        read = 0;
        position += length;
    }
}
