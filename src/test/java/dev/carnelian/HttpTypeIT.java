package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import dev.carnelian.net.LoopbackServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that call real endpoints, good and bad, on nodes in processes of their own. */
class HttpTypeIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    private static Path folder;

    private static LiveCluster cluster;
    private static LoopbackServer endpoint;
    private static final List<NodeProcess> NODES = new ArrayList<>();
    private static final Map<String, Instant> FIRST_CALLS = new ConcurrentHashMap<>();
    /** A job that was there before the first node that runs any. */
    private static String waiting;

    @BeforeAll
    static void start() throws IOException {
        endpoint = new LoopbackServer(HttpTypeIT::answer);
        cluster = new LiveCluster(folder);
        NODES.add(startNode("a", 0).ready());
        waiting = create("/later", "");
        NODES.add(startNode("b", 8).ready());
    }

    private static NodeProcess startNode(String name, int threads) {
        return cluster.start(
                name, "CARNELIAN_EGRESS_ALLOW", "127.0.0.1", "CARNELIAN_WORKER_THREADS", Integer.toString(threads));
    }

    @AfterAll
    static void stop() {
        cluster.close();
        endpoint.close();
    }

    private static void answer(HttpExchange exchange, LoopbackServer.Seen request) throws IOException {
        switch (request.path()) {
            case "/later" -> LoopbackServer.answer(exchange, 202, "");
            case "/busy-once" -> {
                String key = request.header("Idempotency-key");
                if (FIRST_CALLS.putIfAbsent(key, Instant.now()) == null) {
                    exchange.getResponseHeaders().set("Retry-After", "4");
                    LoopbackServer.answer(exchange, 503, "");
                } else {
                    LoopbackServer.answer(exchange, 200, "done");
                }
            }
            case "/hang" -> LoopbackServer.pause(20_000);
            case "/drip" -> write(exchange, 1_000_000, new byte[1], 200);
            case "/300mb" -> write(exchange, 300, new byte[1024 * 1024], 0);
            case "/loop" -> LoopbackServer.redirect(exchange, 302, "/loop");
            case "/inside" -> LoopbackServer.redirect(exchange, 307, "http://169.254.169.254/latest/");
            case "/reset" -> exchange.close();
            default -> LoopbackServer.answer(exchange, 200, "{}");
        }
    }

    @Test
    void theWorkerOfTheReadmeWorks() throws Exception {
        int port = NodeProcess.freePort();
        Path script = folder.resolve("worker.py");
        Files.writeString(script, workerOfTheReadme().replace("9000", Integer.toString(port)));
        Process worker = new ProcessBuilder("python3", script.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("worker.log").toFile())
                .start();
        try {
            String id = cluster.create(node(), """
                    {"type": "http", "backoff": {"initialSeconds": 1}, "input":
                     {"url": "http://127.0.0.1:%d/", "body": {"numbers": [1, 2, 3, 4]}}}""".formatted(port));

            JsonNode job = cluster.ended(node(), id, SOON);

            assertThat(job.path("status").asText()).as(job.toString()).isEqualTo("completed");
            assertThat(job.at("/result/body/sum").asInt()).isEqualTo(10);
            assertThat(job.at("/result/reported").asBoolean()).isTrue();
            assertThat(job.at("/progressMessage").asText()).startsWith("adding ");
        } finally {
            worker.destroyForcibly();
        }
    }

    private static String workerOfTheReadme() throws IOException {
        Matcher code = Pattern.compile("```python\n(# worker.py\n.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("README.md")));
        assertThat(code.find()).isTrue();
        return code.group(1);
    }

    @Test
    void aNodeRunsNothingBeforeEndpointsCanReachIt() {
        LoopbackServer.Seen call = call(waiting, 0);

        assertThat(report(call, "{\"status\": \"completed\", \"result\": 1}").statusCode())
                .isEqualTo(200);

        assertThat(cluster.ended(node(), waiting, SOON).path("status").asText()).isEqualTo("completed");
    }

    @Test
    void anEndpointThatAsksForTimeGetsIt() {
        String id = create("/busy-once", "\"backoff\": {\"initialSeconds\": 0},");

        JsonNode job = cluster.ended(node(), id, SOON);

        assertThat(job.path("status").asText()).isEqualTo("completed");
        assertThat(job.path("attempt").asInt()).isEqualTo(2);
        Duration apart = Duration.between(
                FIRST_CALLS.get(id), Instant.parse(job.path("startedAt").asText()));
        assertThat(apart).isBetween(Duration.ofMillis(3_900), Duration.ofSeconds(15));
        assertThat(callsOf(id))
                .extracting(call -> call.header("Carnelian-attempt"))
                .containsExactly("1", "2");
    }

    @Test
    void aNodeThatIsKilledWhileItsEndpointWorksCostsAnAttemptAndNothingElse() {
        NODES.add(startNode("c", 4).ready());
        String id = create("/later", "");
        LoopbackServer.Seen first = call(id, 0);
        assertThat(report(first, "{\"progress\": {\"done\": 1, \"total\": 2}}").statusCode())
                .isEqualTo(200);
        NodeProcess victim = nodeOf(id);

        victim.signal("KILL");
        NODES.remove(victim);

        LoopbackServer.Seen second = call(id, 1);
        assertThat(second.header("Idempotency-key")).isEqualTo(first.header("Idempotency-key"));
        assertThat(second.header("Carnelian-attempt")).isEqualTo("2");
        assertThat(second.header("Carnelian-run-token")).isNotEqualTo(first.header("Carnelian-run-token"));
        HttpResponse<String> late = reportAt(node(), first, "{\"status\": \"completed\", \"result\": \"late\"}");
        assertThat(late.statusCode()).isEqualTo(409);
        assertThat(late.body()).contains("lease_lost");
        NodeProcess other = NODES.stream()
                .filter(node -> !node.name().equals(nodeOf(id).name()))
                .findFirst()
                .orElseThrow();
        assertThat(reportAt(other, second, "{\"status\": \"completed\", \"result\": [1, \"a\"]}")
                        .statusCode())
                .as("reports are taken by any node")
                .isEqualTo(200);
        JsonNode job = cluster.ended(node(), id, SOON);
        assertThat(job.path("status").asText()).isEqualTo("completed");
        assertThat(job.at("/result/body").toString()).isEqualTo("[1,\"a\"]");
        assertThat(cluster.strings("SELECT outcome FROM job_attempts WHERE job_id = '" + id + "'"))
                .containsExactly("lost");
    }

    @Test
    void whatAnEndpointCompletedWhileItsNodeWasDyingCounts() {
        NODES.add(startNode("d", 4).ready());
        String id = create("/later", "");
        LoopbackServer.Seen call = call(id, 0);
        NodeProcess victim = nodeOf(id);
        victim.signal("STOP");
        NodeProcess other =
                NODES.stream().filter(node -> node != victim).findFirst().orElseThrow();
        HttpResponse<String> taken = reportAt(other, call, "{\"status\": \"completed\", \"result\": \"in time\"}");
        assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);

        victim.signal("KILL");
        NODES.remove(victim);

        JsonNode job = cluster.ended(node(), id, SOON);
        assertThat(job.at("/result/body").asText()).isEqualTo("in time");
        assertThat(job.path("attempt").asInt()).isEqualTo(2);
        assertThat(callsOf(id)).as("it was not called again").hasSize(1);
    }

    @Test
    void aWorkerIsToldToStopWhenItsJobIsCancelled() {
        String id = create("/later", "");
        LoopbackServer.Seen call = call(id, 0);

        node().post(cluster.key(), "/jobs/" + id + "/cancel", "{}");

        assertThat(cluster.ended(node(), id, SOON).path("status").asText()).isEqualTo("cancelled");
        HttpResponse<String> answer = report(call, "{\"message\": \"still at it\"}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(NodeProcess.data(answer).path("cancelRequested").asBoolean()).isTrue();
    }

    @Test
    void hostileEndpointsHarmNobodyElse() {
        Map<String, String> expected = Map.of(
                "/hang", "timed_out",
                "/drip", "timed_out",
                "/loop", "too_many_redirects",
                "/inside", "blocked_target",
                "/reset", "connection_lost",
                "/300mb", "");
        Map<String, String> poison = new ConcurrentHashMap<>();
        for (int i = 0; i < 4; i++) {
            expected.keySet().forEach(path -> poison.put(create(path, "\"maxAttempts\": 1,"), path));
        }
        List<String> healthy = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            healthy.add(create("/fine", ""));
        }

        healthy.forEach(
                id -> assertThat(cluster.ended(node(), id, SOON).path("status").asText())
                        .isEqualTo("completed"));
        poison.forEach((id, path) -> {
            JsonNode job = cluster.ended(node(), id, SOON);
            assertThat(job.at("/result/error/code").asText()).as(path + job).isEqualTo(expected.get(path));
            assertThat(job.at("/result/truncated").asBoolean()).isEqualTo(path.equals("/300mb"));
        });
    }

    @Test
    void aBlockedTargetIsRefusedBeforeThereIsAJob() {
        String job = "{\"type\": \"http\", \"input\": {\"url\": \"http://2130706433/\"}}";
        for (String path : List.of("/jobs", "/jobs?validateOnly=true")) {
            HttpResponse<String> answer = node().post(cluster.key(), path, job);
            assertThat(answer.statusCode()).isEqualTo(422);
            assertThat(answer.body()).contains("\"blocked_target\"").contains("\"input.url\"");
        }
    }

    @Test
    void aSecretReachesTheEndpointAndNobodyElse() {
        String id = cluster.create(node(), """
                {"type": "http", "input": {"url": "%s", "headers": {"Authorization": "Bearer s3cret", "X-Team": "blue"}}}""".formatted(endpoint.url("/fine")));
        JsonNode job = cluster.ended(node(), id, SOON);
        assertThat(call(id, 0).header("Authorization")).isEqualTo("Bearer s3cret");
        assertThat(job.at("/input/headers/Authorization").asText()).isEqualTo("[redacted]");
        assertThat(job.at("/input/headers/X-Team").asText()).isEqualTo("blue");
        assertThat(NODES).allSatisfy(node -> assertThat(node.log()).doesNotContain("s3cret"));
    }

    private static NodeProcess node() {
        return NODES.get(0);
    }

    private static NodeProcess nodeOf(String id) {
        String name = cluster.get(node(), "/jobs/" + id).path("node").asText();
        return NODES.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String create(String path, String more) {
        return cluster.create(node(), """
                {"type": "http", %s "input": {"url": "%s", "timeoutSeconds": 2, "body": {"n": 1}}}""".formatted(more, endpoint.url(path)));
    }

    /** The requests for a job, in their order. */
    private static List<LoopbackServer.Seen> callsOf(String id) {
        return endpoint.seen().stream()
                .filter(seen -> seen.header("Carnelian-job-id").equals(id))
                .toList();
    }

    private static LoopbackServer.Seen call(String id, int number) {
        Awaitility.await("call " + number + " of " + id)
                .atMost(SOON)
                .until(() -> callsOf(id).size() > number);
        return callsOf(id).get(number);
    }

    /** Where the run's address says. */
    private static HttpResponse<String> report(LoopbackServer.Seen call, String body) {
        return patch(call.header("Carnelian-run-url"), call, body);
    }

    private static HttpResponse<String> reportAt(NodeProcess node, LoopbackServer.Seen call, String body) {
        String url = call.header("Carnelian-run-url");
        return patch(node.address() + url.substring(url.indexOf("/runs/")), call, body);
    }

    private static HttpResponse<String> patch(String url, LoopbackServer.Seen call, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("Authorization", "Bearer " + call.header("Carnelian-run-token"))
                .header("Content-Type", "application/json")
                .method("PATCH", BodyPublishers.ofString(body))
                .build();
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void write(HttpExchange exchange, int times, byte[] piece, long pauseMillis) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        for (int i = 0; i < times; i++) {
            exchange.getResponseBody().write(piece);
            exchange.getResponseBody().flush();
            LoopbackServer.pause(pauseMillis);
        }
    }
}
