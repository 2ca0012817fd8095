package dev.carnelian.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A node in a child JVM, as its parent sees it. */
final class NodeProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 120;
    private static final int MOST_LINES_SHOWN = 40;

    private final Process process;
    private final Path runs;
    private final Path log;
    private final BufferedWriter orders;
    private final BufferedReader answers;

    private NodeProcess(Process process, Path runs, Path log) {
        this.process = process;
        this.runs = runs;
        this.log = log;
        this.orders = process.outputWriter(StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts a node and returns when it runs jobs. */
    static NodeProcess start(Children children, Contender contender, String url, Path folder) throws IOException {
        Path runs = Files.createTempFile(folder, "runs", ".txt");
        Path log = Files.createTempFile(folder, "node", ".log");
        Process process =
                children.java(NodeMain.class.getName(), List.of(contender.name(), url, runs.toString()), Map.of(), log);
        NodeProcess node = new NodeProcess(process, runs, log);
        node.answer();
        return node;
    }

    void pause() {
        ask("pause");
    }

    /** Lets all of them run at once: none waits until another one is up. */
    static void resume(List<NodeProcess> nodes) {
        nodes.forEach(node -> node.tell("resume"));
        nodes.forEach(NodeProcess::answer);
    }

    /** How many jobs it has run so far. */
    long count() {
        return Long.parseLong(ask("count"));
    }

    /**
     * Stops it when what it ran is written.
     *
     * @return the megabytes of its heap that were in use at the end
     */
    long stop() {
        return Long.parseLong(ask("stop"));
    }

    /** The jobs it ran, once for each run; after {@link #stop}. */
    List<String> runs() throws IOException {
        return Files.readAllLines(runs);
    }

    long pid() {
        return process.pid();
    }

    private String ask(String order) {
        tell(order);
        return answer();
    }

    private void tell(String order) {
        try {
            orders.write(order + "\n");
            orders.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("a node is gone; see " + log, e);
        }
    }

    private String answer() {
        try {
            String line = CompletableFuture.supplyAsync(this::readLine).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (line.isEmpty()) {
                throw new IllegalStateException("a node ended: " + Files.readString(log));
            }
            return line;
        } catch (TimeoutException | ExecutionException | IOException e) {
            throw new IllegalStateException("a node does not answer; see " + log, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private String readLine() {
        try {
            String line = answers.readLine();
            return line == null ? "" : line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Shows what it logged, which is warnings and errors: they may explain a figure. */
    @Override
    public void close() {
        process.destroyForcibly();
        try (Stream<String> lines = Files.lines(log)) {
            lines.limit(MOST_LINES_SHOWN).forEach(System.err::println);
        } catch (IOException e) {
            throw new UncheckedIOException("what a node logged cannot be read", e);
        }
    }
}
