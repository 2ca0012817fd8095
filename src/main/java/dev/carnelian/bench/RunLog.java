package dev.carnelian.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes down each job that a node runs, so that one that was run twice, by whichever nodes, is found. Thread-safe. */
final class RunLog implements AutoCloseable {
    private final Writer out;
    private long count;

    private RunLog(Writer out) {
        this.out = out;
    }

    static RunLog to(Path file) throws IOException {
        return new RunLog(Files.newBufferedWriter(file));
    }

    /** For a node that runs nothing. */
    static RunLog none() {
        return new RunLog(new BufferedWriter(Writer.nullWriter()));
    }

    synchronized void ran(String job) {
        try {
            out.write(job);
            out.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        count++;
    }

    synchronized long count() {
        return count;
    }

    @Override
    public synchronized void close() throws IOException {
        out.close();
    }
}
