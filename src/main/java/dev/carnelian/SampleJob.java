package dev.carnelian;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Uploads the bundled documents and has them processed, over HTTP like any client, and shows how that goes. */
final class SampleJob {
    private static final List<String> DOCUMENTS =
            List.of("tika-home-page.pdf", "sample-document.docx", "web-page.html");
    private static final Set<String> FINAL = Set.of("completed", "failed", "cancelled");
    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final int BAR_WIDTH = 30;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final ObjectMapper json = new ObjectMapper();
    private final String address;
    private final String key;
    private final PrintStream out;

    SampleJob(String address, String key, PrintStream out) {
        this.address = address;
        this.key = key;
        this.out = out;
    }

    /**
     * Runs the job to its end, or gives up after two minutes.
     *
     * @return whether it completed
     */
    boolean run() throws IOException, InterruptedException {
        ObjectNode job = json.createObjectNode().put("type", "document_processing");
        ObjectNode input = job.putObject("input").put("collection", "sample");
        ArrayNode documents = input.putArray("documents");
        for (String name : DOCUMENTS) {
            documents.addObject().put("fileId", upload(name));
        }
        documents.addObject().put("text", "A text that came with the job itself.");
        out.println("POST /jobs  " + DOCUMENTS + " and a text");
        JsonNode created = call(request("/jobs")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(job.toString())));
        JsonNode ended = follow(created.path("id").asText());
        out.println();
        out.println(ended.path("status").asText() + "  " + ended.path("result"));
        return ended.path("status").asText().equals("completed");
    }

    private String upload(String name) throws IOException, InterruptedException {
        try (InputStream bytes = SampleJob.class.getResourceAsStream("sample/" + name)) {
            if (bytes == null) {
                throw new FileNotFoundException("the jar has no sample/" + name);
            }
            JsonNode file = call(request("/files?name=" + name)
                    .header("Content-Type", "application/octet-stream")
                    .POST(BodyPublishers.ofByteArray(bytes.readAllBytes())));
            return file.path("id").asText();
        }
    }

    private JsonNode follow(String id) throws IOException, InterruptedException {
        long until = System.nanoTime() + LONGEST.toNanos();
        while (true) {
            JsonNode job = call(request("/jobs/" + id + "?wait=1").GET());
            show(job);
            if (FINAL.contains(job.path("status").asText()) || System.nanoTime() > until) {
                return job;
            }
        }
    }

    private void show(JsonNode job) {
        int percent = job.path("progress").asInt();
        int filled = percent * BAR_WIDTH / 100;
        out.printf(
                "\r[%s%s] %3d%%  %-9s",
                "#".repeat(filled),
                ".".repeat(BAR_WIDTH - filled),
                percent,
                job.path("status").asText());
        out.flush();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path))
                .timeout(Duration.ofSeconds(70))
                .header("Authorization", "Bearer " + key);
    }

    private JsonNode call(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        JsonNode body = json.readTree(response.body());
        if (response.statusCode() >= 400) {
            throw new IOException("the API answered " + response.statusCode() + ": " + body.path("error"));
        }
        return body.path("data");
    }
}
