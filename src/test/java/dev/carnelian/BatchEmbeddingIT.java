package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Embedding over HTTP with the real model, on documents of Tika's own tests. */
class BatchEmbeddingIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final List<String> DOCUMENTS = List.of(
            "testPDF.pdf",
            "testJournalParser.pdf",
            "testPDF_XFA_govdocs1_258578.pdf",
            "testPDFVarious.pdf",
            "testWORD.docx",
            "testWORD_various.doc",
            "testWORD_various.docx",
            "testEXCEL.xlsx",
            "testPPT.pptx",
            "tika434.html",
            "testHTML_utf8.html");

    @TempDir
    private Path folder;

    private LiveCluster cluster;

    @BeforeEach
    void open() {
        cluster = new LiveCluster(folder);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aNodeThatIsKilledInTheMiddleCostsNoVectorAndNoSecondOne() {
        NodeProcess first = cluster.start("first").ready();
        JsonNode documents = cluster.ended(first, cluster.create(first, documents(first)), Duration.ofSeconds(60));
        assertThat(documents.path("status").asText()).isEqualTo("completed");
        int chunks = documents.path("result").path("chunks").asInt();
        assertThat(chunks).isGreaterThan(300);
        String id = cluster.create(first, embedding("{\"collection\": \"library\"}"));
        Awaitility.await("the middle")
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(60))
                .until(() -> embedded() > chunks / 4);

        first.signal("KILL");
        List<String> before = rows();
        NodeProcess second = cluster.start("second").ready();
        JsonNode job = cluster.ended(second, id, Duration.ofSeconds(60));

        assertThat(before).hasSizeBetween(chunks / 4, chunks - 1);
        assertThat(job.path("attempt").asInt()).isEqualTo(2);
        assertThat(job.path("result"))
                .isEqualTo(JSON.createObjectNode()
                        .put("embeddingsCreated", chunks)
                        .put("skipped", 0)
                        .put("errors", 0)
                        .put("dimensions", 384)
                        .put("model", "all-minilm-l6-v2")
                        .put("collection", "library"));
        assertThat(rows()).hasSize(chunks).containsAll(before);
        assertThat(cluster.strings("SELECT name FROM job_items WHERE job_id = '" + id + "' AND code IS NULL"))
                .containsExactlyInAnyOrderElementsOf(cluster.strings("SELECT name FROM documents"));
        cluster.assertNothingIsLeftOver();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theModelIsLoadedWhenItIsNeededAndIsSmall() throws IOException {
        NodeProcess node = cluster.start("node").ready();
        String before = node.proc("maps");

        JsonNode job = cluster.ended(node, cluster.create(node, embedding(many(20, 8_000))), Duration.ofSeconds(60));

        assertThat(before).doesNotContain("libonnxruntime");
        assertThat(node.proc("maps")).contains("libonnxruntime");
        assertThat(job.path("status").asText()).isEqualTo("completed");
        assertThat(kilobytes("VmHWM", node)).as("heap of 300 MB, and all else").isLessThan(650_000);
    }

    private static int kilobytes(String what, NodeProcess node) throws IOException {
        return node.proc("status")
                .lines()
                .filter(line -> line.startsWith(what))
                .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void textsAreEmbeddedAndBadInputIsRefused() {
        NodeProcess node = cluster.start("node").ready();

        JsonNode job = cluster.ended(
                node,
                cluster.create(node, embedding("{\"texts\": [\"Ships sail.\", \"Boats float.\", \"\\u4e1c\\u4eac\"]}")),
                Duration.ofSeconds(30));
        JsonNode unknown = cluster.ended(
                node, cluster.create(node, embedding("{\"collection\": \"nowhere\"}")), Duration.ofSeconds(30));

        assertThat(job.path("result").path("embeddingsCreated").asInt()).isEqualTo(3);
        assertThat(job.path("result").path("collection").asText()).isEqualTo("default");
        assertThat(cluster.get(node, "/jobs/" + job.path("id").asText() + "/items"))
                .hasSize(3);
        assertThat(unknown.path("status").asText()).isEqualTo("failed");
        assertThat(unknown.path("attempt").asInt()).isOne();
        assertThat(unknown.path("result").path("error").path("code").asText()).isEqualTo("collection_not_found");
        refused(node, "{}", 422, "validation_failed");
        refused(node, "{\"texts\": [\" \\n\"]}", 422, "validation_failed");
        refused(node, "{\"texts\": [\"a\\u0000b\"]}", 422, "validation_failed");
        refused(node, "{\"texts\": [\"a\\ud800b\"]}", 422, "validation_failed");
        refused(node, "{\"collection\": \"x\", \"model\": \"gpt\"}", 422, "validation_failed");
        refused(node, many(100, 8_000), 413, "payload_too_large");
        refused(node, many(1, 8_001), 422, "validation_failed");
    }

    private void refused(NodeProcess node, String input, int status, String code) {
        HttpResponse<String> answer = node.post(cluster.key(), "/jobs", embedding(input));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
    }

    private static String many(int texts, int length) {
        ObjectNode input = JSON.createObjectNode();
        input.set(
                "texts",
                JSON.valueToTree(
                        Collections.nCopies(texts, "words ".repeat(length).substring(0, length))));
        return input.toString();
    }

    private static String embedding(String input) {
        return "{\"type\": \"batch_embedding\", \"input\": " + input + "}";
    }

    private String documents(NodeProcess node) {
        ObjectNode job = JSON.createObjectNode().put("type", "document_processing");
        ObjectNode input = job.putObject("input").put("collection", "library").put("chunkSize", 200);
        ArrayNode documents = input.putArray("documents");
        for (String name : DOCUMENTS) {
            HttpResponse<String> file = node.upload(cluster.key(), name, bytes(name));
            documents
                    .addObject()
                    .put("fileId", NodeProcess.data(file).path("id").asText());
        }
        return job.toString();
    }

    private static byte[] bytes(String name) {
        try (InputStream in = BatchEmbeddingIT.class.getResourceAsStream("/test-documents/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }

    private int embedded() {
        return Integer.parseInt(
                cluster.strings("SELECT count(*) FROM embeddings").get(0));
    }

    /** Each vector with its time and the transaction that wrote it, so that a second writing shows. */
    private List<String> rows() {
        return cluster.strings(
                "SELECT document_id || ' ' || ordinal || ' ' || created_at || ' ' || xmin FROM embeddings");
    }
}
