package dev.carnelian.document;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** The documents of Tika's own tests, from the jars on the test class path. */
final class TikaDocuments {
    private TikaDocuments() {}

    static byte[] bytes(String name) {
        try (InputStream in = TikaDocuments.class.getResourceAsStream("/test-documents/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }
}
