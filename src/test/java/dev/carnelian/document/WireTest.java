package dev.carnelian.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WireTest {
    private interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        Extracted extracted = new Extracted("text/plain", Map.of("dc:title", "大😀"), "some\ntext", true);

        assertThat(Wire.readAnswer(wire(out -> Wire.writeExtracted(out, extracted))))
                .isEqualTo(extracted);
        assertThatThrownBy(() -> Wire.readAnswer(wire(out -> Wire.writeFailed(out, DocumentError.DOCUMENT_ENCRYPTED))))
                .isInstanceOfSatisfying(
                        DocumentException.class,
                        e -> assertThat(e.error()).isEqualTo(DocumentError.DOCUMENT_ENCRYPTED));
    }

    @Test
    void lengthsAreNotBelieved() {
        assertThatThrownBy(() -> Wire.readText(wire(out -> out.writeInt(Integer.MAX_VALUE)), 10))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Wire.readText(wire(out -> out.writeInt(-1)), 10))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Wire.readText(wire(out -> Wire.writeText(out, "eleven char")), 10))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Wire.readAnswer(wire(out -> out.writeBytes("Terminating due to ..."))))
                .isInstanceOf(IOException.class);
    }

    private static DataInputStream wire(Writer writer) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        writer.write(new DataOutputStream(bytes));
        return new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
    }
}
