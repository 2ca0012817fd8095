package dev.carnelian;

import dev.carnelian.database.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * The classes of a node as its JVM has them once they are loaded. The first test that starts a node has one make it at its
 * end; with it the others start in little more than half of the time.
 */
final class ClassArchive {
    private static final Duration LONGEST_END = Duration.ofSeconds(60);
    private static final Path FILE = make();

    private ClassArchive() {}

    /** For the command line of a JVM with the jar under test; one that cannot use the archive goes on without. */
    static String option() {
        // Relative, as JAVA_OPTS is split at blanks, which may be in the path to the project.
        return "-XX:SharedArchiveFile=" + Path.of("").toAbsolutePath().relativize(FILE);
    }

    private static Path make() {
        Path folder = Objects.requireNonNull(
                Path.of(System.getProperty("carnelian.jar")).getParent());
        Path file = folder.resolve("nodes.jsa");
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (NodeProcess node = NodeProcess.start(
                NodeProcess.command("-XX:ArchiveClassesAtExit=" + file, "server"),
                "archive",
                TestDatabase.migrated().jdbcUrl(),
                folder,
                Map.of())) {
            node.ready().signal("TERM");
            var unused = node.exitCode(LONGEST_END);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return file;
    }
}
