package dev.carnelian.document;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One child JVM, as its parent sees it. Used by one thread at a time; {@link #kill} may come from any. */
final class ExtractorProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ExtractorProcess.class);

    private static final int MAX_DOCUMENTS = 200;
    private static final int BUFFER_BYTES = 64 << 10;
    /** The exit code of {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int OUT_OF_MEMORY = 3;

    private final Process process;
    private final CompletableFuture<Void> gone;
    private final DataOutputStream requests;
    private final DataInputStream answers;
    private volatile boolean killed;
    private int documents;

    private ExtractorProcess(Process process, Path folder) {
        this.process = process;
        this.gone = process.onExit().thenRun(() -> Folders.delete(folder));
        this.requests = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), BUFFER_BYTES));
        this.answers = new DataInputStream(new BufferedInputStream(process.getInputStream(), BUFFER_BYTES));
    }

    /** Starts a child; it is of use once {@link #awaitReady} has returned. */
    static ExtractorProcess start(long maxBytes) throws IOException {
        Path folder = Files.createTempDirectory("carnelian-extractor-");
        ProcessBuilder builder = new ProcessBuilder(command(folder, maxBytes))
                .directory(folder.toFile())
                .redirectError(LOG.isDebugEnabled() ? Redirect.INHERIT : Redirect.DISCARD);
        // The parent's environment holds secrets that are none of a document's business.
        builder.environment().clear();
        try {
            return new ExtractorProcess(builder.start(), folder);
        } catch (IOException e) {
            Folders.delete(folder);
            throw e;
        }
    }

    private static List<String> command(Path folder, long maxBytes) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:+DisplayVMOutputToStderr",
                "-XX:-UsePerfData",
                "-Djava.io.tmpdir=" + folder,
                "-Djava.awt.headless=true",
                "-Dfile.encoding=UTF-8",
                "-Dlogback.configurationFile=dev/carnelian/document/extractor-logback.xml",
                "-cp",
                absoluteClassPath(),
                ExtractorMain.class.getName(),
                String.valueOf(maxBytes));
    }

    /** The child works in a folder of its own, where relative entries would lead nowhere. */
    private static String absoluteClassPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Waits for the child's first word. */
    ExtractorProcess awaitReady() throws IOException {
        if (answers.readInt() != Wire.READY) {
            throw new IOException("the child did not say that it is ready");
        }
        return this;
    }

    /**
     * Sends a document and waits for the answer. After anything but a return or a {@link DocumentException} the child
     * is of no more use.
     *
     * @throws IOException if the pipe to the child breaks
     * @throws UncheckedIOException if the document's bytes cannot be read
     */
    Extracted extract(String name, long size, InputStream bytes) throws IOException, DocumentException {
        documents++;
        Wire.writeText(requests, CleanText.cut(name, Wire.MAX_NAME));
        requests.writeLong(size);
        byte[] buffer = new byte[BUFFER_BYTES];
        for (long left = size; left > 0; ) {
            int count = read(bytes, buffer, left);
            requests.write(buffer, 0, count);
            left -= count;
        }
        requests.flush();
        return Wire.readAnswer(answers);
    }

    private static int read(InputStream bytes, byte[] buffer, long left) {
        try {
            int count = bytes.read(buffer, 0, (int) Math.min(left, buffer.length));
            if (count < 0) {
                throw new IOException("the document ended " + left + " bytes early");
            }
            return count;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the broken pipe means for the document that was on its way. */
    DocumentError causeOfDeath() throws InterruptedException {
        boolean ended = process.waitFor(1, TimeUnit.SECONDS);
        return ended && process.exitValue() == OUT_OF_MEMORY
                ? DocumentError.DOCUMENT_TOO_COMPLEX
                : DocumentError.EXTRACTION_CRASHED;
    }

    /** Whether it may be given another document. A child is replaced from time to time, whatever parsers leak. */
    boolean isUsable() {
        return !killed && process.isAlive() && documents < MAX_DOCUMENTS;
    }

    /** Ends the child at once. */
    void kill() {
        killed = true;
        process.destroyForcibly();
    }

    /** Completes when the child has ended and its folder is deleted. */
    CompletableFuture<Void> gone() {
        return gone;
    }
}
