package dev.carnelian.crawl;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** Bodies for tests. */
final class Bytes {
    private Bytes() {}

    static byte[] gzip(String text) throws IOException {
        return gzip(text.getBytes(StandardCharsets.UTF_8), 1);
    }

    /** Compresses the bytes so many times over. */
    static byte[] gzip(byte[] bytes, int times) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
            for (int i = 0; i < times; i++) {
                out.write(bytes);
            }
        }
        return compressed.toByteArray();
    }
}
