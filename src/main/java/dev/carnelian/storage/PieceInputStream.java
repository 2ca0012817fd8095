package dev.carnelian.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Bytes that come a piece at a time, each made when it is wanted. Not thread-safe. */
public abstract class PieceInputStream extends InputStream {
    private byte[] piece = {};
    private int read;

    /** The bytes that follow, at least one; none at the end, and then it is asked again for each further read. */
    protected abstract byte[] nextPiece() throws IOException;

    @Override
    public final int read() throws IOException {
        return hasMore() ? piece[read++] & 0xff : -1;
    }

    @Override
    public final int read(byte[] target, int offset, int length) throws IOException {
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
        if (read == piece.length) {
            piece = nextPiece();
            read = 0;
        }
        return read < piece.length;
    }
}
