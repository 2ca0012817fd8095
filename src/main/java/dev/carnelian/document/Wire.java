package dev.carnelian.document;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the extractor and its child say to each other over the child's stdin and stdout. The child's first word is
 * {@link #READY}. A request is a name, a size and as many bytes; the answer to it is what was read or why not. Neither
 * side believes the other's lengths: what breaks a bound is an {@link IOException}.
 */
final class Wire {
    static final int READY = 0x43524E31;
    static final int MAX_NAME = 1_000;

    private static final int READ = 0;
    private static final int FAILED = 1;
    private static final int UTF8_BYTES_PER_CHAR = 3;

    private Wire() {}

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static String readText(DataInputStream in, int maxChars) throws IOException {
        int length = bounded(in.readInt(), maxChars * UTF8_BYTES_PER_CHAR);
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        String text = new String(bytes, StandardCharsets.UTF_8);
        bounded(text.length(), maxChars);
        return text;
    }

    static void writeExtracted(DataOutputStream out, Extracted extracted) throws IOException {
        out.writeByte(READ);
        writeText(out, extracted.mediaType());
        out.writeInt(extracted.metadata().size());
        for (Map.Entry<String, String> entry : extracted.metadata().entrySet()) {
            writeText(out, entry.getKey());
            writeText(out, entry.getValue());
        }
        writeText(out, extracted.text());
        out.writeBoolean(extracted.truncated());
        out.flush();
    }

    static void writeFailed(DataOutputStream out, DocumentError error) throws IOException {
        out.writeByte(FAILED);
        writeText(out, error.name());
        out.flush();
    }

    static Extracted readAnswer(DataInputStream in) throws IOException, DocumentException {
        int kind = bounded(in.readByte(), FAILED);
        if (kind == FAILED) {
            throw new DocumentException(error(readText(in, MAX_NAME)));
        }
        String mediaType = readText(in, Extracted.MAX_KEY);
        Map<String, String> metadata = new LinkedHashMap<>();
        for (int entries = bounded(in.readInt(), Extracted.MAX_METADATA); entries > 0; entries--) {
            metadata.put(
                    CleanText.storable(readText(in, Extracted.MAX_KEY)),
                    CleanText.storable(readText(in, Extracted.MAX_VALUE)));
        }
        String text = CleanText.storable(readText(in, Extracted.MAX_TEXT));
        return new Extracted(CleanText.storable(mediaType), metadata, text, in.readBoolean());
    }

    private static DocumentError error(String name) throws IOException {
        try {
            return DocumentError.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw new IOException("the child answered with an unknown error", e);
        }
    }

    private static int bounded(int number, int max) throws IOException {
        if (number < 0 || number > max) {
            throw new IOException("expected a number up to " + max + ", got " + number);
        }
        return number;
    }
}
