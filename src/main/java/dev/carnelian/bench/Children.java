package dev.carnelian.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The processes that the benchmark has started: none of them outlives it. */
final class Children implements AutoCloseable {
    private final Set<Process> alive = ConcurrentHashMap.newKeySet();

    /**
     * Starts a JVM on this one's classes, with the heap that a node is meant to do with, and the collector for one so
     * small: the other ones' threads and barriers take a share of the two processors that are measured.
     *
     * @param main the name of the class to run
     * @param log gets its error output
     */
    Process java(String main, List<String> arguments, Map<String, String> environment, Path log) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-Dlogback.configurationFile=dev/carnelian/bench/node-logback.xml",
                "-cp",
                classPath(),
                main));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().putAll(environment);
        return keep(builder);
    }

    Process keep(ProcessBuilder builder) throws IOException {
        Process process = builder.start();
        alive.add(process);
        var unused = process.onExit().thenAccept(alive::remove);
        return process;
    }

    /** This one's, and the peers that the build leaves beside the jar: they are no part of the product. */
    private static String classPath() {
        List<String> entries = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .toList();
        return Stream.concat(entries.stream(), Stream.of(peers().resolve("*").toString()))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Where the build puts the peers. */
    static Path peers() {
        String first = System.getProperty("java.class.path").split(File.pathSeparator, -1)[0];
        return Path.of(first).toAbsolutePath().resolveSibling("peers");
    }

    @Override
    public void close() {
        alive.forEach(Process::destroyForcibly);
        for (Process process : alive) {
            try {
                var unused = process.waitFor(5, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
