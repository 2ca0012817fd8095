package dev.carnelian.document;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The child JVM of {@link Extractor}: reads one document after the other until its parent closes the pipe or ends. */
final class ExtractorMain {
    private static final int BUFFER_BYTES = 64 << 10;

    private final TextExtraction extraction = new TextExtraction();
    private final Path folder;
    private final long maxBytes;

    private ExtractorMain(Path folder, long maxBytes) {
        this.folder = folder;
        this.maxBytes = maxBytes;
    }

    /** Started by {@link ExtractorProcess} with the size of the largest document; its temporary folder is its own. */
    public static void main(String[] arguments) throws IOException {
        DataInputStream requests =
                new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in), BUFFER_BYTES));
        DataOutputStream answers =
                new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES));
        // stdout carries answers only, whatever a parser prints.
        System.setOut(System.err);
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        ExtractorMain child = new ExtractorMain(folder, Long.parseLong(arguments[0]));
        liveAsLongAsParent(folder);
        try {
            answers.writeInt(Wire.READY);
            answers.flush();
            child.serve(requests, answers);
        } catch (IOException e) {
            System.err.println("the child ends: " + e);
        } finally {
            end(folder);
        }
    }

    /**
     * A child deep in a document without end does not see the end of stdin, so it watches its parent. And a Ctrl-C goes
     * to the whole group of processes, while the parent still wants to finish its documents: the exit waits for it.
     */
    private static void liveAsLongAsParent(Path folder) {
        ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
        Thread watch = new Thread(
                () -> {
                    parent.onExit().join();
                    end(folder);
                },
                "parent-watch");
        watch.setDaemon(true);
        watch.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> parent.onExit().join(), "exit-wait"));
    }

    /** Not by an exit, which would wait for the parent. */
    private static void end(Path folder) {
        Folders.delete(folder);
        Runtime.getRuntime().halt(0);
    }

    private void serve(DataInputStream requests, DataOutputStream answers) throws IOException {
        Path document = folder.resolve("document");
        while (true) {
            String name;
            try {
                name = Wire.readText(requests, Wire.MAX_NAME);
            } catch (EOFException e) {
                return;
            }
            receive(requests, document);
            answer(document, name, answers);
            Files.deleteIfExists(document);
        }
    }

    /** To disk, not to memory: parsers read some formats from their end, and memory is for their work. */
    private void receive(DataInputStream requests, Path document) throws IOException {
        long left = requests.readLong();
        if (left < 0 || left > maxBytes) {
            throw new IOException("expected a document of up to " + maxBytes + " bytes, got " + left);
        }
        byte[] buffer = new byte[BUFFER_BYTES];
        try (OutputStream out = Files.newOutputStream(document)) {
            while (left > 0) {
                int count = (int) Math.min(left, buffer.length);
                requests.readFully(buffer, 0, count);
                out.write(buffer, 0, count);
                left -= count;
            }
        }
    }

    private void answer(Path document, String name, DataOutputStream answers) throws IOException {
        Extracted extracted;
        try {
            extracted = extraction.extract(document, name);
        } catch (DocumentException e) {
            Wire.writeFailed(answers, e.error());
            return;
        }
        Wire.writeExtracted(answers, extracted);
    }
}
