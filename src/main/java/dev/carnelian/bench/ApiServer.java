package dev.carnelian.bench;

import dev.carnelian.access.ApiKeys;
import dev.carnelian.access.Scope;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;

/** A real node that only serves the API, and a key for it. */
final class ApiServer implements AutoCloseable {
    /** By name, as the root package may use this one and not the other way round. */
    private static final String MAIN = "dev.carnelian.Carnelian";

    private static final String BASE = "/v1/api";
    private static final Duration ANSWER_WAIT = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration STOP_WAIT = Duration.ofSeconds(15);

    private final Process process;
    private final int port;
    private final String key;

    private ApiServer(Process process, int port, String key) {
        this.process = process;
        this.port = port;
        this.key = key;
    }

    /** Starts it over a migrated database and returns when it is ready. */
    static ApiServer start(Children children, String url, Path folder) throws IOException, InterruptedException {
        int port = freePort();
        int adminPort = freePort();
        Path log = Files.createTempFile(folder, "server", ".log");
        Map<String, String> environment = Map.of(
                "CARNELIAN_DATABASE_URL",
                url,
                "CARNELIAN_DATABASE_CONNECTIONS",
                "32",
                "CARNELIAN_PORT",
                String.valueOf(port),
                "CARNELIAN_ADMIN_PORT",
                String.valueOf(adminPort),
                "CARNELIAN_WORKER_THREADS",
                "0",
                "CARNELIAN_LOG_LEVEL",
                "WARN");
        Process process = children.java(MAIN, List.of("server"), environment, log);
        var unused = process.onExit().thenAccept(ended -> {});
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (!isReady(adminPort)) {
            if (!process.isAlive() || System.nanoTime() > until) {
                process.destroyForcibly();
                throw new IllegalStateException("the server did not start: " + Files.readString(log));
            }
            Thread.sleep(100);
        }
        return new ApiServer(process, port, newKey(url));
    }

    private static String newKey(String url) {
        Jdbi jdbi = Jdbi.create(Sql.source(url))
                .installPlugin(new SqlObjectPlugin())
                .installPlugin(new PostgresPlugin());
        try (ApiKeys keys = new ApiKeys(jdbi, Duration.ofSeconds(2), Duration.ofMinutes(5))) {
            return keys.create(Product.TENANT, "bench", EnumSet.of(Scope.JOBS_READ, Scope.JOBS_WRITE), null)
                    .key();
        }
    }

    private static boolean isReady(int adminPort) {
        try {
            HttpURLConnection connection = (HttpURLConnection) URI.create("http://localhost:" + adminPort + "/ready")
                    .toURL()
                    .openConnection();
            connection.setConnectTimeout(1_000);
            connection.setReadTimeout(2_000);
            return connection.getResponseCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    /** The bytes of a request, to be sent as often as one likes. */
    byte[] post(String path, String body) {
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        return request("POST", path, "Content-Type: application/json\r\nContent-Length: " + length + "\r\n", body);
    }

    /**
     * The same for reading.
     *
     * @param headers lines that each end in CRLF
     */
    byte[] get(String path, String headers) {
        return request("GET", path, headers, "");
    }

    private byte[] request(String method, String path, String headers, String body) {
        String head =
                method + " " + BASE + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\n";
        return (head + headers + "\r\n" + body).getBytes(StandardCharsets.UTF_8);
    }

    /** Reads once, with whatever the answer says about itself. */
    HttpResponse<String> read(String path) throws IOException, InterruptedException {
        return ask(path, HttpRequest.newBuilder());
    }

    /** Makes one job; answers what is said of it. */
    HttpResponse<String> create(String job) throws IOException, InterruptedException {
        return ask(
                "/jobs",
                HttpRequest.newBuilder()
                        .POST(HttpRequest.BodyPublishers.ofString(job))
                        .header("Content-Type", "application/json"));
    }

    private HttpResponse<String> ask(String path, HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        request.uri(URI.create("http://localhost:" + port + BASE + path))
                                .timeout(ANSWER_WAIT)
                                .header("Authorization", "Bearer " + key)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
