package dev.carnelian.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carnelian.job.JobFailedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtractorTest {
    private static final long MAX_BYTES = 50L << 20;
    private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));
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
        byte[] docx = changed(
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
        assertThat(failure("bomb.docx", bomb())).isEqualTo(DocumentError.DOCUMENT_TOO_COMPLEX);

        assertThat(read("testPDF.pdf").text()).contains("Content Analysis Toolkit");
    }

    @Test
    void aDocumentThatTakesTooLongIsEndedWithItsChild() throws Exception {
        try (Extractor hasty = new Extractor(1, Duration.ofMillis(400), MAX_BYTES)) {
            byte[] bomb = bomb();

            assertThatThrownBy(() -> hasty.extract("bomb.docx", bomb.length, new ByteArrayInputStream(bomb)))
                    .isInstanceOfSatisfying(
                            DocumentException.class,
                            e -> assertThat(e.error()).isEqualTo(DocumentError.EXTRACTION_TIMEOUT));

            assertThat(hasty.children()).isZero();
        }
    }

    @Test
    void anInterruptEndsTheDocumentAndItsChild() throws Exception {
        try (Extractor extractor = new Extractor(1, Duration.ofSeconds(60), MAX_BYTES)) {
            byte[] bomb = bomb();
            FutureTask<Extracted> reading =
                    new FutureTask<>(() -> extractor.extract("bomb.docx", bomb.length, new ByteArrayInputStream(bomb)));
            Thread thread = new Thread(reading);
            thread.start();
            await().until(() -> isReading(TEMPORARY));

            thread.interrupt();

            assertThatThrownBy(reading::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(extractor.children()).isZero();
        }
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

    @Test
    void aChildThatCannotStartIsNoErrorOfTheDocument() {
        String classPath = System.getProperty("java.class.path");
        System.setProperty("java.class.path", "/nowhere");
        try (Extractor extractor = new Extractor(1, Duration.ofSeconds(60), MAX_BYTES)) {
            assertThatThrownBy(() -> extractor.extract("a.txt", 0, InputStream.nullInputStream()))
                    .isInstanceOfSatisfying(
                            JobFailedException.class,
                            e -> assertThat(e.failure().retryable()).isTrue());
            assertThat(extractor.children()).isZero();
        } finally {
            System.setProperty("java.class.path", classPath);
        }
    }

    @Test
    void aSignalMeantForTheNodeDoesNotEndItsChildren() throws Exception {
        try (Extractor extractor = new Extractor(1, Duration.ofSeconds(60), MAX_BYTES)) {
            Set<Long> others = childrenOf(ProcessHandle.current());
            extractor.extract("a.txt", 4, new ByteArrayInputStream("text".getBytes(UTF_8)));
            Set<Long> mine = childrenOf(ProcessHandle.current());
            mine.removeAll(others);

            mine.forEach(pid -> ProcessHandle.of(pid).orElseThrow().destroy());

            for (int i = 0; i < 50; i++) {
                extractor.extract("a.txt", 4, new ByteArrayInputStream("text".getBytes(UTF_8)));
            }
            assertThat(childrenOf(ProcessHandle.current())).containsAll(mine);
        }
    }

    @Test
    void aClosedExtractorBlamesNoDocument() throws Exception {
        Extractor extractor = new Extractor(1, Duration.ofSeconds(60), MAX_BYTES);
        byte[] bomb = bomb();
        FutureTask<Extracted> reading =
                new FutureTask<>(() -> extractor.extract("bomb.docx", bomb.length, new ByteArrayInputStream(bomb)));
        new Thread(reading).start();
        await().until(() -> isReading(TEMPORARY));

        extractor.close();

        assertThatThrownBy(reading::get).hasCauseInstanceOf(JobFailedException.class);
        assertThatThrownBy(() -> extractor.extract("a.txt", 0, InputStream.nullInputStream()))
                .isInstanceOf(JobFailedException.class);
    }

    @Test
    void aChildIsReplacedAfterItsShareOfDocuments() throws Exception {
        try (Extractor extractor = new Extractor(1, Duration.ofSeconds(60), MAX_BYTES)) {
            Set<Long> others = childrenOf(ProcessHandle.current());
            extractor.extract("a.txt", 4, new ByteArrayInputStream("text".getBytes(UTF_8)));
            Set<Long> first = childrenOf(ProcessHandle.current());

            for (int i = 1; i <= 200; i++) {
                extractor.extract("a.txt", 4, new ByteArrayInputStream("text".getBytes(UTF_8)));
            }

            first.removeAll(others);
            assertThat(first).hasSize(1);
            await().until(() -> Collections.disjoint(childrenOf(ProcessHandle.current()), first));
            assertThat(extractor.children()).isOne();
        }
    }

    @Test
    void aChildDeepInADocumentEndsWithItsParent(@TempDir Path folder) throws Exception {
        Path document = Files.write(folder.resolve("bomb.docx"), bomb());
        Process parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + folder,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Parent.class.getName(),
                        document.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            await().atMost(Duration.ofSeconds(30)).until(() -> isReading(folder));
            List<ProcessHandle> children = parent.children().toList();
            assertThat(children).hasSize(1);

            parent.destroyForcibly().waitFor();

            await().atMost(Duration.ofSeconds(20)).until(() -> !children.get(0).isAlive());
            assertThat(folders(folder)).isEmpty();
        } finally {
            parent.destroyForcibly();
        }
    }

    /** A process that reads one document. */
    static final class Parent {
        public static void main(String[] arguments) throws Exception {
            Path document = Path.of(arguments[0]);
            try (Extractor extractor = new Extractor(1, Duration.ofMinutes(5), MAX_BYTES);
                    InputStream bytes = Files.newInputStream(document)) {
                extractor.extract("bomb.docx", Files.size(document), bytes);
            }
        }
    }

    private static boolean isReading(Path folder) throws IOException {
        return folders(folder).stream().anyMatch(child -> Files.exists(child.resolve("document")));
    }

    private static Set<Long> childrenOf(ProcessHandle process) {
        return process.children().map(ProcessHandle::pid).collect(Collectors.toCollection(HashSet::new));
    }

    @Test
    void closingEndsTheChildrenAndLeavesNoFolder() throws Exception {
        Extractor extractor = new Extractor(1, Duration.ofSeconds(60), MAX_BYTES);
        byte[] pdf = TikaDocuments.bytes("testPDF.pdf");
        List<Path> before = folders();
        extractor.extract("testPDF.pdf", pdf.length, new ByteArrayInputStream(pdf));
        assertThat(folders()).hasSize(before.size() + 1);

        extractor.close();

        assertThat(folders()).isSubsetOf(before);
    }

    private static List<Path> folders() throws IOException {
        return folders(TEMPORARY);
    }

    private static List<Path> folders(Path parent) throws IOException {
        try (Stream<Path> found = Files.list(parent)) {
            return found.filter(path -> path.getFileName().toString().startsWith("carnelian-extractor-"))
                    .toList();
        }
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

    /** Some 50 KB of ZIP that unpack to eight million paragraphs, for which no parser here has the memory. */
    static byte[] bomb() throws IOException {
        return changed("testWORD.docx", "word/document.xml", part -> {
            int end = part.indexOf("</w:body>");
            return part.substring(0, end) + "<w:p/>".repeat(8_000_000) + part.substring(end);
        });
    }

    private interface Change {
        String of(String part);
    }

    private static byte[] changed(String name, String part, Change change) throws IOException {
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(TikaDocuments.bytes(name)));
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
