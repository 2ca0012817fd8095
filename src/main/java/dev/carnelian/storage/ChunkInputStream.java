package dev.carnelian.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jdbi.v3.core.JdbiException;

/** Reads a part of a file, one piece in memory at a time. */
final class ChunkInputStream extends InputStream {
    private final FileDao files;
    private final StoredFile file;
    private final long end;
    private long position;
    private byte[] piece = {};
    private int read;

    ChunkInputStream(FileDao files, StoredFile file, long from, long length) {
        this.files = files;
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
        int ordinal = Math.toIntExact(position / FileStore.CHUNK_BYTES);
        int from = (int) (position % FileStore.CHUNK_BYTES);
        int length = (int) Math.min(FileStore.CHUNK_BYTES - from, end - position);
        piece = load(ordinal, from, length);
        if (piece.length != length) {
            throw new IOException("file " + file.id() + " was deleted while it was read");
        }
        read = 0;
        position += length;
    }

    private byte[] load(int ordinal, int from, int length) throws IOException {
        try {
            return files.read(file.id().value(), file.tenant().value(), ordinal, from, length)
                    .orElse(new byte[0]);
        } catch (JdbiException e) {
            throw new IOException("file " + file.id() + " cannot be read now", e);
        }
    }
}
