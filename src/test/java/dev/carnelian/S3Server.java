package dev.carnelian;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * S3Proxy in a process of its own: an S3-compatible server that checks signatures and keeps objects as files of a folder.
 * Maven has put its jars into target/s3-server.
 */
public final class S3Server implements AutoCloseable {
    public static final String BUCKET = "files";
    public static final String ACCESS_KEY = "test-key";
    public static final String SECRET_KEY = "test-secret";

    private static final Path JARS = Path.of("target/s3-server");

    private final Path folder;
    private final int port;
    private Process process;

    private S3Server(Path folder, int port) throws IOException {
        this.folder = folder;
        this.port = port;
        this.process = launch();
    }

    /** Starts a server with an empty bucket. */
    public static S3Server start(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("data").resolve(BUCKET));
        S3Server server = new S3Server(folder, NodeProcess.freePort());
        server.awaitAnswer();
        return server;
    }

    private Process launch() throws IOException {
        Properties properties = new Properties();
        properties.putAll(java.util.Map.of(
                "s3proxy.endpoint",
                endpoint(),
                "s3proxy.authorization",
                "aws-v2-or-v4",
                "s3proxy.identity",
                ACCESS_KEY,
                "s3proxy.credential",
                SECRET_KEY,
                "jclouds.provider",
                "filesystem-nio2",
                "jclouds.identity",
                "none",
                "jclouds.credential",
                "none",
                "jclouds.filesystem.basedir",
                folder.resolve("data").toString()));
        Path file = folder.resolve("s3proxy.properties");
        try (var out = Files.newOutputStream(file)) {
            properties.store(out, null);
        }
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "-DLOG_LEVEL=warn",
                        "-cp",
                        classPath(),
                        "org.gaul.s3proxy.Main",
                        "--properties",
                        file.toString()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("s3proxy.log").toFile())
                .start();
    }

    /** Without what only its plugin needs: its own logging is the one to be found. */
    private static String classPath() throws IOException {
        try (Stream<Path> jars = Files.list(JARS)) {
            return String.join(
                    File.pathSeparator,
                    jars.map(jar -> jar.toAbsolutePath().toString()).sorted().toList());
        }
    }

    private void awaitAnswer() {
        Awaitility.await("S3Proxy to answer").atMost(Duration.ofSeconds(60)).until(() -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            } catch (IOException e) {
                if (!process.isAlive()) {
                    throw new IllegalStateException(Files.readString(folder.resolve("s3proxy.log")), e);
                }
                return false;
            }
        });
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** The names of all objects, as files of the server's folder. */
    public List<String> objects() throws IOException {
        Path bucket = folder.resolve("data").resolve(BUCKET);
        try (Stream<Path> files = Files.walk(bucket)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> bucket.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    /** Ends the server, whose objects stay. */
    public void stop() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Starts it again on the same port. */
    public void restart() throws IOException {
        process = launch();
        awaitAnswer();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
