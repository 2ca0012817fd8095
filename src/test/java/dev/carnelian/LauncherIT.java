package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands as a user types them, on the built jar. */
class LauncherIT {
    private static final Path LAUNCHER = Path.of("carnelian").toAbsolutePath();

    @TempDir
    private Path folder;

    private record Ended(int exitCode, String output) {}

    @Test
    void demoProcessesTheSampleDocumentsAndEnds() throws Exception {
        Ended demo = run(environment(), "demo");

        assertThat(demo.output())
                .contains("completed  {\"documentsProcessed\":4,\"errors\":0")
                .contains("100%")
                .containsPattern("Key {3}crn_live_\\w+")
                .contains("curl -H 'Authorization: Bearer crn_live_");
        assertThat(demo.exitCode()).isZero();
        assertThat(folder.resolve("data/postgres/postmaster.pid")).doesNotExist();
    }

    @Test
    void upServesTheClientThatUsersHave() throws Exception {
        assumeTrue(pythonHasRequests(), "skipped: python3 with requests is not installed");
        Process up = process(environment(), "up");
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(90))
                    .until(() -> Files.readString(folder.resolve("output")).contains("Serving"));
            String output = Files.readString(folder.resolve("output"));
            String api = found(output, "API +(\\S+)");
            String key = found(output, "Key +(\\S+)");
            String id = submit(api, key);
            String client = Files.readString(Path.of("src/test/resources/poll_job.py"))
                    .replace("your_api_key", key)
                    .replace("job_abc123", id)
                    .replace("https://PLATFORM-URL-PLACEHOLDER/v1/api", api);
            Path script = Files.writeString(folder.resolve("client.py"), client);

            Process python = new ProcessBuilder("python3", script.toString())
                    .redirectErrorStream(true)
                    .start();
            String printed = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(python.waitFor()).as(printed).isZero();
            assertThat(printed).contains("Job completed: {'documentsProcessed': 1, 'errors': 0");
        } finally {
            up.destroy();
            assertThat(up.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(up.exitValue()).isIn(0, 143);
    }

    @Test
    void aKeyIsPrintedOnceAndCanBeRevoked() throws Exception {
        Ended created = run(environment(), "key", "create", "--tenant", "acme", "--scopes", "jobs:read");
        assertThat(created.output().strip()).matches("crn_live_\\w+");

        String listed = run(environment(), "key", "list").output();
        assertThat(listed).contains("acme").contains("jobs:read").contains("active");
        assertThat(listed).doesNotContain(created.output().strip());

        Ended revoked = run(environment(), "key", "revoke", "--tenant", "acme", "--id", listed.split(" ", 2)[0]);
        assertThat(revoked.exitCode()).isZero();
        assertThat(run(environment(), "key", "list").output()).contains("revoked 20");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CARNELIAN_LEASE          | soon      | cluster.lease; .*Invalid duration: soon; set CARNELIAN_LEASE, for example to 15s
            CARNELIAN_LEASE          | 4s        | lease must be at least three times heartbeat; set CARNELIAN_LEASE or CARNELIAN_HEARTBEAT
            CARNELIAN_WORKER_THREADS | many      | cluster.workerThreads; is of type: String, expected: int; set CARNELIAN_WORKER_THREADS, for example to 16
            CARNELIAN_PORT           | 99999     | port must be between .*; set CARNELIAN_PORT, for example to 8080
            CARNELIAN_DATABASE_URL   | mysql://x | database.url must begin with jdbc:postgresql: or be empty; set CARNELIAN_DATABASE_URL
            CARNELIAN_STORAGE        | s3        | storage.s3.bucket must be set when storage.kind is s3; set CARNELIAN_S3_BUCKET
            CARNELIAN_S3_ENDPOINT    | ftp://x   | storage.s3.endpoint must begin with http:// or https://, or be empty; set CARNELIAN_S3_ENDPOINT
            CARNELIAN_EGRESS_PORTS   | https     | egress.ports.*; set CARNELIAN_EGRESS_PORTS, for example to 80, 443, 8080, 8443
            CARNELIAN_LOG_FORMAT     | xml       | .*; set CARNELIAN_LOG_FORMAT, for example to text
            """)
    void aWrongValueStopsTheStartWithOneLine(String variable, String value, String line) throws Exception {
        Map<String, String> environment = environment();
        environment.put(variable, value);

        Ended server = run(environment, "server");

        assertThat(server.exitCode()).isOne();
        assertThat(server.output().strip().lines())
                .hasSize(1)
                .first()
                .asString()
                .matches("carnelian: wrong configuration: .*" + line);
    }

    @Test
    void aPortInUseIsSaidInOneLineAndLeavesNoDatabaseRunning() throws Exception {
        Map<String, String> environment = environment();
        try (var taken = new java.net.ServerSocket(
                Integer.parseInt(environment.get("CARNELIAN_PORT")), 1, java.net.InetAddress.getLoopbackAddress())) {
            Ended server = run(environment, "demo");

            assertThat(taken.isBound()).isTrue();
            assertThat(server.exitCode()).isOne();
            assertThat(server.output()).contains("a port is already in use; set CARNELIAN_PORT");
        }
        assertThat(folder.resolve("data/postgres/postmaster.pid")).doesNotExist();
    }

    private Map<String, String> environment() throws IOException {
        return NodeProcess.environment(
                "CARNELIAN_JAR", System.getProperty("carnelian.jar"),
                "CARNELIAN_DATA", folder.resolve("data").toString(),
                "CARNELIAN_PORT", Integer.toString(NodeProcess.freePort()),
                "CARNELIAN_ADMIN_PORT", Integer.toString(NodeProcess.freePort()),
                "JAVA_OPTS", "-XX:TieredStopAtLevel=1 " + ClassArchive.option());
    }

    private Ended run(Map<String, String> environment, String... arguments) throws Exception {
        Process process = process(environment, arguments);
        assertThat(process.waitFor(120, TimeUnit.SECONDS))
                .as("%s ends", List.of(arguments))
                .isTrue();
        return new Ended(process.exitValue(), Files.readString(folder.resolve("output")));
    }

    private Process process(Map<String, String> environment, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static String submit(String api, String key) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(api + "/jobs"))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(
                        "{\"type\":\"document_processing\",\"input\":{\"documents\":[{\"text\":\"Hello.\"}]}}"))
                .build();
        JsonNode answer = new ObjectMapper()
                .readTree(HttpClient.newHttpClient()
                        .send(request, BodyHandlers.ofString())
                        .body());
        return answer.path("data").path("id").asText();
    }

    private static String found(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(1);
    }

    private static boolean pythonHasRequests() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "-c", "import requests")
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
