package dev.carnelian.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.JdbiException;

/** Bytes in PostgreSQL, in pieces of 1 MiB that go with the row of their file. */
final class DatabaseContents implements FileContents {
    static final int CHUNK_BYTES = 1 << 20;

    private final FileDao files;

    DatabaseContents(FileDao files) {
        this.files = files;
    }

    @Override
    public void write(UUID file, InputStream body, Consumer<String> begun) throws IOException {
        int ordinal = 0;
        for (byte[] chunk = next(body); chunk.length > 0; chunk = next(body)) {
            files.append(file, ordinal++, chunk);
        }
    }

    private static byte[] next(InputStream body) throws IOException {
        return body.readNBytes(CHUNK_BYTES);
    }

    @Override
    public int pieceBytes() {
        return CHUNK_BYTES;
    }

    @Override
    public byte[] read(StoredFile file, long from, int length) throws IOException {
        int ordinal = Math.toIntExact(from / CHUNK_BYTES);
        try {
            return files.read(file.id().value(), file.tenant().value(), ordinal, (int) (from % CHUNK_BYTES), length)
                    .orElse(new byte[0]);
        } catch (JdbiException e) {
            throw new IOException("file " + file.id() + " cannot be read now", e);
        }
    }

    @Override
    public void delete(Collection<Gone> files) {
        // The database does it with the rows.
    }
}
