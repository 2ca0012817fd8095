package dev.carnelian;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.carnelian.net.LoopbackServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Clients that post, cancel, rerun and poll jobs at any node, each request again and again under the same key until it is
 * answered, and the endpoint of their {@code http} jobs. They remember what they were told.
 */
final class RandomJobs implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int LONGEST_CALL_MILLIS = 4_000;
    private static final Set<Integer> ASK_AGAIN = Set.of(408, 429, 500, 502, 503, 504);

    private final String key;
    private final Function<Random, NodeProcess> nodes;
    private final long seed;
    private final LoopbackServer endpoint;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> ids = new CopyOnWriteArrayList<>();
    private final Map<String, Integer> documents = new ConcurrentHashMap<>();
    private final Set<String> cancelled = ConcurrentHashMap.newKeySet();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private volatile boolean over;

    /**
     * @param nodes gives the node to ask next
     */
    RandomJobs(String key, Function<Random, NodeProcess> nodes, long seed) throws IOException {
        this.key = key;
        this.nodes = nodes;
        this.seed = seed;
        this.endpoint = new LoopbackServer(this::answer);
    }

    /** The jobs that were accepted. */
    List<String> ids() {
        return ids;
    }

    /** How many documents each of the jobs that have any should store. */
    Map<String, Integer> documents() {
        return documents;
    }

    /** Whether somebody asked for the job to be cancelled. */
    boolean wasCancelled(String id) {
        return cancelled.contains(id);
    }

    /** What must not have been answered. */
    List<String> complaints() {
        return complaints;
    }

    /** The number of the attempt in each of the endpoint's calls, by job. */
    Map<String, List<Integer>> calls() {
        Map<String, List<Integer>> calls = new ConcurrentHashMap<>();
        for (LoopbackServer.Seen seen : endpoint.seen()) {
            calls.computeIfAbsent(seen.header("Carnelian-job-id"), id -> new ArrayList<>())
                    .add(Integer.parseInt(seen.header("Carnelian-attempt")));
        }
        return calls;
    }

    void start(int clients) {
        for (int i = 0; i < clients; i++) {
            Random random = new Random(seed + i);
            threads.execute(() -> act(random));
        }
        threads.execute(this::poll);
    }

    void end() throws InterruptedException {
        over = true;
        threads.shutdown();
        if (!threads.awaitTermination(PATIENCE.toSeconds() + 30, TimeUnit.SECONDS)) {
            throw new AssertionError("a client does not end");
        }
    }

    private void act(Random random) {
        while (!over) {
            int action = ids.isEmpty() ? 0 : random.nextInt(10);
            if (action < 7) {
                post(random);
            } else {
                String id = ids.get(Math.max(0, ids.size() - 1 - random.nextInt(60)));
                if (action == 7) {
                    cancelled.add(id);
                    var unused = once(random, "POST", "/jobs/" + id + "/cancel", "{}");
                } else if (action == 8) {
                    untilAnswered(random, "/jobs/" + id + "/rerun", "{}", again -> {
                        if (documents.containsKey(id)) {
                            documents.put(again, documents.get(id));
                        }
                    });
                }
            }
            pause(random.nextInt(200));
        }
    }

    private void post(Random random) {
        ObjectNode job = JSON.createObjectNode();
        job.putObject("labels").put("client", UUID.randomUUID().toString());
        job.put("maxAttempts", 20).put("priority", random.nextInt(200) - 100);
        job.putObject("backoff").put("initialSeconds", 1).put("maxSeconds", 2);
        if (random.nextInt(5) == 0) {
            job.put("delaySeconds", 1 + random.nextInt(10));
        }
        ObjectNode input = job.putObject("input");
        int texts = random.nextInt(3) == 0 ? 1 + random.nextInt(40) : 0;
        if (texts > 0) {
            job.put("type", "document_processing");
            ArrayNode all = input.putArray("documents");
            for (int i = 0; i < texts; i++) {
                all.addObject().put("text", "Text number " + i + " of several.");
            }
        } else {
            String path = List.of("/done", "/slow", "/flaky", "/later").get(random.nextInt(4));
            job.put("type", "http");
            input.put("url", endpoint.url(path).toString());
        }
        untilAnswered(random, "/jobs", job.toString(), id -> {
            if (texts > 0) {
                documents.put(id, texts);
            }
        });
    }

    private interface Created {
        void as(String id);
    }

    /** Under one key; sometimes once more after the answer, which must be the same job then. */
    private void untilAnswered(Random random, String path, String body, Created created) {
        String idempotencyKey = UUID.randomUUID().toString();
        boolean twice = random.nextInt(5) == 0;
        String first = "";
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < until) {
            Optional<HttpResponse<String>> answer = send(random, "POST", path, body, "Idempotency-Key", idempotencyKey);
            int status = answer.map(HttpResponse::statusCode).orElse(500);
            if (status == 201) {
                String id = NodeProcess.data(answer.orElseThrow()).path("id").asText();
                if (first.isEmpty()) {
                    created.as(id);
                    ids.add(id);
                    first = id;
                } else if (!first.equals(id)) {
                    complaints.add("one key made the jobs " + first + " and " + id);
                }
                if (!twice) {
                    return;
                }
                twice = false;
            } else if (status == 409 && answer.orElseThrow().body().contains("idempotency_in_progress")) {
                pause(100);
            } else if (status == 409 && path.endsWith("/rerun")) {
                return;
            } else if (!ASK_AGAIN.contains(status)) {
                complaints.add("a client was answered " + answer.orElseThrow().body());
                return;
            } else {
                pause(200);
            }
        }
        complaints.add("a client was not answered for " + PATIENCE);
    }

    /** A job once seen in its final status must be seen in it for ever, and each must be found. */
    private void poll() {
        Random random = new Random(seed);
        Map<String, String> ended = new ConcurrentHashMap<>();
        while (!over) {
            pause(20);
            if (!ids.isEmpty()) {
                String id = ids.get(random.nextInt(ids.size()));
                once(random, "GET", "/jobs/" + id, "").ifPresent(answer -> {
                    JsonNode job = NodeProcess.data(answer);
                    String standing = job.path("status").asText() + " at attempt " + job.path("attempt");
                    if (answer.statusCode() == 404) {
                        complaints.add("job " + id + " is not found");
                    } else if (answer.statusCode() == 200 && ended.containsKey(id)) {
                        if (!standing.equals(ended.get(id))) {
                            complaints.add("job " + id + " was " + ended.get(id) + " and is " + standing);
                        }
                    } else if (answer.statusCode() == 200 && !standing.matches("(pending|running) .*")) {
                        ended.put(id, standing);
                    }
                });
            }
        }
    }

    private Optional<HttpResponse<String>> once(Random random, String method, String path, String body) {
        return send(random, method, path, body, "X-Client", "mixed");
    }

    private Optional<HttpResponse<String>> send(
            Random random, String method, String path, String body, String header, String value) {
        return send(HttpRequest.newBuilder(URI.create(nodes.apply(random).address() + path))
                .header("Authorization", "Bearer " + key)
                .header(header, value)
                .method(method, BodyPublishers.ofString(body)));
    }

    private static Optional<HttpResponse<String>> send(HttpRequest.Builder request) {
        try {
            return Optional.of(HTTP.send(
                    request.timeout(Duration.ofSeconds(10))
                            .header("Content-Type", "application/json")
                            .build(),
                    BodyHandlers.ofString()));
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange, LoopbackServer.Seen request) throws IOException {
        Random random = new Random();
        switch (request.path()) {
            case "/slow" -> {
                LoopbackServer.pause(random.nextInt(LONGEST_CALL_MILLIS));
                LoopbackServer.answer(exchange, 200, "done");
            }
            case "/flaky" -> LoopbackServer.answer(exchange, random.nextInt(3) == 0 ? 503 : 200, "");
            case "/later" -> {
                Thread reporting = new Thread(() -> report(random, request), "reporting");
                reporting.setDaemon(true);
                reporting.start();
                LoopbackServer.answer(exchange, 202, "");
            }
            default -> LoopbackServer.answer(exchange, 200, "done");
        }
    }

    /** Reports at any node, until it is heard or told that the run is another's. */
    private void report(Random random, LoopbackServer.Seen call) {
        pause(random.nextInt(LONGEST_CALL_MILLIS));
        String url = call.header("Carnelian-run-url");
        if (url.isEmpty()) {
            complaints.add("an endpoint was not told where to report");
            return;
        }
        long until = System.nanoTime() + PATIENCE.toNanos();
        int status = 500;
        while ((status >= 500 || status == 429) && System.nanoTime() < until) {
            status = send(HttpRequest.newBuilder(
                                    URI.create(nodes.apply(random).address() + url.substring(url.indexOf("/runs/"))))
                            .header("Authorization", "Bearer " + call.header("Carnelian-run-token"))
                            .method("PATCH", BodyPublishers.ofString("{\"status\": \"completed\", \"result\": 1}")))
                    .map(HttpResponse::statusCode)
                    .orElse(500);
            pause(200);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        over = true;
        threads.shutdownNow();
        endpoint.close();
    }
}
