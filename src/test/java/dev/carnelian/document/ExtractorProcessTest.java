package dev.carnelian.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carnelian.job.JobFailedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of the extractor's child JVMs. */
class ExtractorProcessTest {
    private static final long MAX_BYTES = 50L << 20;
    private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));

    @Test
    void aDocumentThatTakesTooLongIsEndedWithItsChild() throws Exception {
        try (Extractor hasty = new Extractor(1, Duration.ofMillis(400), MAX_BYTES)) {
            byte[] bomb = TikaDocuments.bomb();

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
            byte[] bomb = TikaDocuments.bomb();
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
        byte[] bomb = TikaDocuments.bomb();
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
        Path document = Files.write(folder.resolve("bomb.docx"), TikaDocuments.bomb());
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
        // The folder of a child that an earlier test killed may vanish meanwhile.
        List<Path> own = new ArrayList<>(folders());
        own.removeAll(before);
        assertThat(own).hasSize(1);

        extractor.close();

        assertThat(own.get(0)).doesNotExist();
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
}
