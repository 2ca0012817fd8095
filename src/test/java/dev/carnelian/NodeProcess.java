package dev.carnelian;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A real node in a process of its own, to be killed, frozen and stopped. */
final class NodeProcess implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private final String name;
    private final int port;
    private final int adminPort;
    private final Path log;
    private final Process process;

    private NodeProcess(String name, int port, int adminPort, Path log, Process process) {
        this.name = name;
        this.port = port;
        this.adminPort = adminPort;
        this.log = log;
        this.process = process;
    }

    /** Starts a node over the database; heartbeat 1 s and lease 3 s unless the environment says otherwise. */
    static NodeProcess start(String name, String jdbcUrl, Path folder, Map<String, String> environment) {
        return start(command(ClassArchive.option(), "server"), name, jdbcUrl, folder, environment);
    }

    /** The same by a command line of one's own. */
    static NodeProcess start(
            List<String> command, String name, String jdbcUrl, Path folder, Map<String, String> environment) {
        try {
            int port = freePort();
            int adminPort = freePort();
            Path log = folder.resolve(name + ".log");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment()
                    .putAll(Map.of(
                            "CARNELIAN_NODE_ID",
                            name,
                            "CARNELIAN_DATABASE_URL",
                            jdbcUrl,
                            "CARNELIAN_PORT",
                            Integer.toString(port),
                            "CARNELIAN_ADMIN_PORT",
                            Integer.toString(adminPort),
                            "CARNELIAN_WORKER_THREADS",
                            "4",
                            "CARNELIAN_HEARTBEAT",
                            "1s",
                            "CARNELIAN_LEASE",
                            "3s"));
            builder.environment().putAll(environment);
            return new NodeProcess(name, port, adminPort, log, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command line of the jar under test, with one more option of the JVM. */
    static List<String> command(String option, String argument) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx300m",
                option,
                "-jar",
                System.getProperty("carnelian.jar"),
                argument);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    NodeProcess ready() {
        Awaitility.await(name + " to be ready").atMost(Duration.ofSeconds(90)).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException(name + " ended: " + Files.readString(log));
            }
            return readiness() == 200;
        });
        return this;
    }

    /** The status of {@code /ready}, 0 when nobody answers. */
    int readiness() throws InterruptedException {
        try {
            return HTTP.send(
                            HttpRequest.newBuilder(URI.create("http://localhost:" + adminPort + "/ready"))
                                    .timeout(Duration.ofSeconds(2))
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    /** What {@code /healthcheck} says, by the names of the checks. */
    JsonNode health() {
        try {
            return JSON.readTree(
                    send(HttpRequest.newBuilder(URI.create("http://localhost:" + adminPort + "/healthcheck"))
                                    .timeout(Duration.ofSeconds(30))
                                    .GET())
                            .body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return name;
    }

    /** What the kernel keeps of the process in that file of /proc, where there is one. */
    String proc(String file) throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(process.pid()), file));
    }

    String address() {
        return "http://localhost:" + port + "/v1/api";
    }

    HttpResponse<String> get(String key, String path) {
        return send(request(key, path).GET());
    }

    HttpResponse<String> post(String key, String path, String body) {
        return send(
                request(key, path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> upload(String key, String name, byte[] bytes) {
        return send(request(key, "/files?name=" + name)
                .header("Content-Type", "application/octet-stream")
                .POST(BodyPublishers.ofByteArray(bytes)));
    }

    private HttpRequest.Builder request(String key, String path) {
        return HttpRequest.newBuilder(URI.create(address() + path))
                .timeout(Duration.ofSeconds(70))
                .header("Authorization", "Bearer " + key);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The {@code data} of an answer. */
    static JsonNode data(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body()).path("data");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a signal such as STOP, CONT, KILL or TERM. */
    void signal(String signal) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("could not signal " + name);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    int exitCode(Duration atMost) throws InterruptedException {
        if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError(name + " did not end within " + atMost);
        }
        return process.exitValue();
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, String> environment(String... pairs) {
        Map<String, String> environment = new TreeMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            environment.put(pairs[i], pairs[i + 1]);
        }
        return environment;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
