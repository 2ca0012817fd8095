package dev.carnelian.document;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** The documents of Tika's own tests, from the jars on the test class path, and worse ones made of them. */
public final class TikaDocuments {
    private TikaDocuments() {}

    public static byte[] bytes(String name) {
        try (InputStream in = TikaDocuments.class.getResourceAsStream("/test-documents/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }

    /** Some 50 KB of ZIP that unpack to eight million paragraphs, for which no parser here has the memory. */
    static byte[] bomb() throws IOException {
        return changed("testWORD.docx", "word/document.xml", part -> {
            int end = part.indexOf("</w:body>");
            return part.substring(0, end) + "<w:p/>".repeat(8_000_000) + part.substring(end);
        });
    }

    interface Change {
        String of(String part);
    }

    /** A document with one of its parts changed. */
    static byte[] changed(String name, String part, Change change) throws IOException {
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(bytes(name)));
                ZipOutputStream out = new ZipOutputStream(changed)) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                byte[] content = in.readAllBytes();
                out.putNextEntry(new ZipEntry(entry.getName()));
                out.write(
                        entry.getName().equals(part)
                                ? change.of(new String(content, UTF_8)).getBytes(UTF_8)
                                : content);
            }
        }
        return changed.toByteArray();
    }
}
