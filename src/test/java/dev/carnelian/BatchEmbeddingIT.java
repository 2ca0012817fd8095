package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carnelian.document.TikaDocuments;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
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
        JsonNode documents =
                cluster.ended(first, cluster.create(first, documents(first, DOCUMENTS, 200)), Duration.ofSeconds(60));
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
    void aDocumentThatIsReplacedMeanwhileFailsAndIsDoneByARerunOfTheFailed() {
        NodeProcess node = cluster.start("node").ready();
        List<String> names = List.of("testPDF.pdf", "testWORD.docx");
        cluster.ended(node, cluster.create(node, documents(node, names, 8_000)), Duration.ofSeconds(60));
        String file = cluster.upload(node, "new.jsonl", """
                {"name": "testWORD.docx", "text": "The harbour is closed today."}
                """.getBytes(StandardCharsets.UTF_8));

        String id = cluster.jdbi().inTransaction(holder -> {
            // The vectors of both are stored in one statement, in this order, and it waits here for the first.
            holder.execute("""
                    SELECT FROM document_chunks JOIN documents ON id = document_id
                    WHERE name = 'testPDF.pdf' FOR UPDATE OF document_chunks""");
            String embedding = cluster.create(node, embedding("{\"collection\": \"library\"}"));
            Awaitility.await("the vectors to wait")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> !cluster.strings("""
                                    SELECT pid FROM pg_stat_activity
                                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                                      AND query LIKE '%INSERT INTO embeddings%'""").isEmpty());
            JsonNode replaced = cluster.ended(node, cluster.create(node, """
                            {"type": "import", "input": {"what": "documents", "fileId": "%s", "collection": "library",
                             "key": "name"}}""".formatted(file)), Duration.ofSeconds(30));
            assertThat(replaced.path("result").path("rowsUpdated").asInt())
                    .as(replaced.toString())
                    .isOne();
            return embedding;
        });
        JsonNode job = cluster.ended(node, id, Duration.ofSeconds(30));
        List<String> before = rows();
        String again = cluster.rerunFailed(node, id);
        JsonNode rerun = cluster.ended(node, again, Duration.ofSeconds(30));

        assertThat(job.path("status").asText()).as(job.toString()).isEqualTo("completed");
        assertThat(job.path("result").path("errors").asInt()).isOne();
        assertThat(cluster.get(node, "/jobs/" + id + "/items?status=failed").findValuesAsText("code"))
                .containsExactly("document_changed");
        assertThat(rerun.path("status").asText()).as(rerun.toString()).isEqualTo("completed");
        assertThat(rerun.path("result").path("embeddingsCreated").asInt()).isOne();
        assertThat(rerun.path("result").path("errors").asInt()).isZero();
        assertThat(cluster.get(node, "/jobs/" + again + "/items").findValuesAsText("name"))
                .containsExactly("testWORD.docx");
        assertThat(rows()).hasSize(before.size() + 1).containsAll(before);
        assertThat(node.post(cluster.key(), "/jobs/" + again + "/rerun", "{\"only\": \"failed_items\"}")
                        .body())
                .contains("job_not_rerunnable");
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

    private String documents(NodeProcess node, List<String> names, int chunkSize) {
        ObjectNode job = JSON.createObjectNode().put("type", "document_processing");
        ObjectNode input = job.putObject("input").put("collection", "library").put("chunkSize", chunkSize);
        ArrayNode documents = input.putArray("documents");
        for (String name : names) {
            documents.addObject().put("fileId", cluster.upload(node, name, TikaDocuments.bytes(name)));
        }
        return job.toString();
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
