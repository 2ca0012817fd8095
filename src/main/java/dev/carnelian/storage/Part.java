package dev.carnelian.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import software.amazon.awssdk.core.sync.RequestBody;

/**
 * A part of a body on its way to a bucket. It waits on disk until it is complete, as the parts of many slow uploads at once
 * would not fit into memory. Used for one part after the other.
 */
final class Part implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final Path file;
    private final int maxBytes;
    private long length;

    Part(int maxBytes) throws IOException {
        this.file = Files.createTempFile("carnelian-upload-", ".part");
        this.maxBytes = maxBytes;
    }

    /**
     * Takes the next bytes of the body, in place of those of the part before.
     *
     * @return how many they are; fewer than the most, or none, at the end of the body
     */
    long fill(InputStream body) throws IOException {
        length = 0;
        byte[] buffer = new byte[BUFFER_BYTES];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (length < maxBytes) {
                int read = body.read(buffer, 0, (int) Math.min(buffer.length, maxBytes - length));
                if (read < 0) {
                    break;
                }
                out.write(buffer, 0, read);
                length += read;
            }
        }
        return length;
    }

    RequestBody body() {
        return RequestBody.fromFile(file);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }
}
