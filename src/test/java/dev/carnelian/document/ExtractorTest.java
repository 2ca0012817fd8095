package dev.carnelian.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtractorTest {
    private static final long MAX_BYTES = 50L << 20;
    private static final Extractor EXTRACTOR = new Extractor(2, Duration.ofSeconds(60), MAX_BYTES);

    @AfterAll
    static void close() {
        EXTRACTOR.close();
    }

    @Test
    void textIsReadFromDocumentsOfManyKinds() throws Exception {
        Map<String, String> words = Map.ofEntries(
                Map.entry("testPDF.pdf", "Content Analysis Toolkit"),
                Map.entry("testPDF_bookmarks.pdf", "This is a page about France"),
                Map.entry("testPDFTwoTextBoxes.pdf", "Left column line 1"),
                Map.entry("testWORD.docx", "This is a sample Microsoft Word Document"),
                Map.entry("testWORD.doc", "Sample Word Document"),
                Map.entry("testWORD6.doc", "The quick brown fox"),
                Map.entry("testEXCEL.xlsx", "Sample Excel Worksheet"),
                Map.entry("testEXCEL.xls", "Sample Excel Worksheet"),
                Map.entry("testPPT.pptx", "Attachment Test"),
                Map.entry("testPPT.ppt", "Sample Powerpoint Slide"),
                Map.entry("testRTF.rtf", "Test d’indexation Word"),
                Map.entry("testRTFJapanese.rtf", "ゾルゲ"),
                Map.entry("testHTML_utf8.html", "åäö"),
                Map.entry("testXHTML.html", "ability of Apache Tika"),
                Map.entry("testMSG.msg", "MIME registry use cases"),
                Map.entry("testChm.chm", "Creates Associative links"));
        words.forEach((name, text) -> assertThat(read(name).text()).as(name).contains(text));
    }

    @Test
    void metadataAndTypeComeWithTheText() throws Exception {
        Extracted extracted = read("testWORD.docx");

        assertThat(extracted.mediaType())
                .isEqualTo("application/vnd.openxmlformats-officedocument.wordprocessingml.document");
        assertThat(extracted.metadata())
                .containsEntry("dc:title", "Sample Word Document")
                .hasSizeLessThanOrEqualTo(64);
        assertThat(extracted.truncated()).isFalse();
    }

    @Test
    void whatCannotBeReadSaysWhy() {
        Map<String, DocumentError> errors = Map.ofEntries(
                Map.entry("testWORD_protected_passtika.docx", DocumentError.DOCUMENT_ENCRYPTED),
                Map.entry("testWORD_protected_passtika.doc", DocumentError.DOCUMENT_ENCRYPTED),
                Map.entry("testEXCEL_protected_passtika.xlsx", DocumentError.DOCUMENT_ENCRYPTED),
                Map.entry("testEXCEL_protected_passtika.xls", DocumentError.DOCUMENT_ENCRYPTED),
                Map.entry("testPPT_protected_passtika.pptx", DocumentError.DOCUMENT_ENCRYPTED),
                Map.entry("testWORD_protected_drm.doc", DocumentError.DOCUMENT_ENCRYPTED),
                Map.entry("testPDF_no_extract_no_accessibility_owner_user.pdf", DocumentError.DOCUMENT_ENCRYPTED),
                Map.entry("testWORD_truncated.docx", DocumentError.DOCUMENT_UNREADABLE),
                Map.entry("testChm_oom.chm", DocumentError.DOCUMENT_UNREADABLE),
                Map.entry("testZIP_corrupted_oom.zip", DocumentError.UNSUPPORTED_MEDIA_TYPE),
                Map.entry("testPPM.ppm", DocumentError.UNSUPPORTED_MEDIA_TYPE),
                Map.entry("testOCR.pdf", DocumentError.NO_TEXT_FOUND));
        errors.forEach((name, error) ->
                assertThat(failure(name, TikaDocuments.bytes(name))).as(name).isEqualTo(error));
        assertThat(failure("empty.txt", new byte[0])).isEqualTo(DocumentError.NO_TEXT_FOUND);
        assertThat(failure("broken.pdf", "%PDF-1.4\nand nothing more".getBytes(UTF_8)))
                .isEqualTo(DocumentError.DOCUMENT_UNREADABLE);
    }

    @Test
    void longTextIsCut() throws Exception {
        Extracted extracted =
                read("long.txt", "A line of text.\n".repeat(200_000).getBytes(UTF_8));

        assertThat(extracted.text()).hasSizeBetween(Extracted.MAX_TEXT - 2, Extracted.MAX_TEXT);
        assertThat(extracted.truncated()).isTrue();
    }

    @Test
    void tooLargeDocumentsAreNotEvenSent() throws Exception {
        assertThatThrownBy(() -> EXTRACTOR.extract("big.txt", MAX_BYTES + 1, InputStream.nullInputStream()))
                .isInstanceOfSatisfying(
                        DocumentException.class,
                        e -> assertThat(e.error()).isEqualTo(DocumentError.DOCUMENT_TOO_LARGE));
    }

    @Test
    void externalEntitiesAreNotRead(@TempDir Path folder) throws Exception {
        Path secret = Files.writeString(folder.resolve("secret.txt"), "the-canary");
        String doctype = "<!DOCTYPE x [<!ENTITY e SYSTEM \"" + secret.toUri() + "\">]>";

        String xml =
                outcome("a.xml", ("<?xml version=\"1.0\"?>" + doctype + "<x>before &e; after</x>").getBytes(UTF_8));
        byte[] docx = TikaDocuments.changed(
                "testWORD.docx",
                "word/document.xml",
                part -> part.replaceFirst("<w:document", doctype + "<w:document")
                        .replaceFirst("<w:t>", "<w:t>&e;"));

        assertThat(xml).doesNotContain("the-canary");
        assertThat(outcome("a.docx", docx)).doesNotContain("the-canary");
    }

    @Test
    void billionsOfLaughsAreStopped() throws Exception {
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"ha\">");
        for (int i = 1; i < 30; i++) {
            xml.append("<!ENTITY a")
                    .append(i)
                    .append(" \"")
                    .append(("&a" + (i - 1) + ";").repeat(10))
                    .append("\">");
        }
        xml.append("]><x>&a29;</x>");

        assertThat(failure("laughs.xml", xml.toString().getBytes(UTF_8))).isEqualTo(DocumentError.DOCUMENT_UNREADABLE);
    }

    @Test
    void aDocumentThatTakesAllMemoryFailsAloneAndTheNextOneIsRead() throws Exception {
        assertThat(failure("bomb.docx", TikaDocuments.bomb())).isEqualTo(DocumentError.DOCUMENT_TOO_COMPLEX);

        assertThat(read("testPDF.pdf").text()).contains("Content Analysis Toolkit");
    }

    @Test
    void moreDocumentsThanChildrenAreReadOneAfterTheOther() {
        byte[] pdf = TikaDocuments.bytes("testPDF.pdf");
        List<CompletableFuture<Extracted>> readings = IntStream.range(0, 12)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> readQuietly("testPDF.pdf", pdf)))
                .toList();

        readings.forEach(reading -> assertThat(reading.join().text()).contains("Apache Tika"));
        assertThat(EXTRACTOR.children()).isLessThanOrEqualTo(2);
    }

    @Test
    void aSourceThatBreaksIsNoErrorOfTheDocument() {
        InputStream torn = new ByteArrayInputStream(new byte[10]);

        assertThatThrownBy(() -> EXTRACTOR.extract("torn.txt", 20, torn)).isInstanceOf(UncheckedIOException.class);
        assertThat(read("testPDF.pdf").text()).contains("Apache Tika");
    }

    private static Extracted read(String name) {
        return readQuietly(name, TikaDocuments.bytes(name));
    }

    private static Extracted readQuietly(String name, byte[] bytes) {
        try {
            return read(name, bytes);
        } catch (DocumentException | InterruptedException e) {
            throw new IllegalStateException(name, e);
        }
    }

    private static Extracted read(String name, byte[] bytes) throws DocumentException, InterruptedException {
        return EXTRACTOR.extract(name, bytes.length, new ByteArrayInputStream(bytes));
    }

    private static DocumentError failure(String name, byte[] bytes) {
        try {
            throw new AssertionError(name + " was read: " + read(name, bytes));
        } catch (DocumentException e) {
            return e.error();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String outcome(String name, byte[] bytes) throws InterruptedException {
        try {
            return read(name, bytes).toString();
        } catch (DocumentException e) {
            return e.error().name();
        }
    }
}
