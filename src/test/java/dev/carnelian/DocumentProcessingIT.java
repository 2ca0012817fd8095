package dev.carnelian;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carnelian.document.TikaDocuments;
import dev.carnelian.net.LoopbackServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents of Tika's own tests over HTTP, uploaded and fetched, good and bad. */
class DocumentProcessingIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LONG = Duration.ofSeconds(60);

    private static final List<String> FINISHED = List.of(
            "testPDF.pdf",
            "testWORD_truncated.docx",
            "testWORD.docx",
            "testWORD_protected_passtika.docx",
            "tika434.html");
    private static final String HELD = "testHTML_utf8.html";
    private static final List<String> REST =
            List.of("testEXCEL.xlsx", "testPPT_protected_passtika.pptx", "testPPT.pptx");

    @TempDir
    private Path folder;

    private LiveCluster cluster;
    /** Fails the first time it is asked for an address: the path says how. */
    private LoopbackServer server;

    @BeforeEach
    void open() throws IOException {
        Set<String> asked = ConcurrentHashMap.newKeySet();
        cluster = new LiveCluster(folder);
        server = new LoopbackServer((exchange, request) -> {
            String trouble = request.path().split("/", 3)[1];
            if (!asked.add(request.path())) {
                LoopbackServer.answer(exchange, 200, new String(TikaDocuments.bytes(HELD), UTF_8));
            } else if (trouble.equals("held")) {
                LoopbackServer.pause(LONG.toMillis());
            } else {
                LoopbackServer.answer(exchange, Integer.parseInt(trouble), "");
            }
        });
    }

    @AfterEach
    void close() {
        cluster.close();
        server.close();
    }

    @Test
    void aNodeThatIsKilledInTheMiddleCostsNoFinishedDocument() {
        NodeProcess one = start("one");
        NodeProcess two = start("two").ready();
        one.ready();
        ObjectNode job = job();
        FINISHED.forEach(name -> upload(one, job, name));
        documents(job).addObject().put("url", server.url("/held/" + HELD).toString());
        REST.forEach(name -> upload(one, job, name));
        String id = cluster.create(one, job.toString());
        Awaitility.await("all before the one that is held to be reported")
                .pollInterval(Duration.ofMillis(20))
                .atMost(LONG)
                .until(() -> !server.seen().isEmpty() && items(id).size() == FINISHED.size());
        NodeProcess victim = cluster.running(one) == 1 ? one : two;
        NodeProcess survivor = victim == one ? two : one;

        victim.signal("KILL");
        List<String> items = items(id);
        List<String> rows = rows();
        // A second look at any of them would find nothing.
        cluster.jdbi()
                .useHandle(handle -> handle.createUpdate("DELETE FROM files WHERE name IN (<names>)")
                        .bindList("names", FINISHED)
                        .execute());
        JsonNode ended = cluster.ended(survivor, id, LONG);

        assertThat(items)
                .containsExactly(
                        "testPDF.pdf ok",
                        "testWORD_truncated.docx document_unreadable",
                        "testWORD.docx ok",
                        "testWORD_protected_passtika.docx document_encrypted",
                        "tika434.html ok");
        assertThat(ended.path("status").asText()).as(ended.toString()).isEqualTo("completed");
        assertThat(ended.path("attempt").asInt()).isEqualTo(2);
        assertThat(ended.path("node").asText()).isEqualTo(survivor.name());
        assertThat(ended.path("result").path("documentsProcessed").asInt()).isEqualTo(6);
        assertThat(ended.path("result").path("errors").asInt()).isEqualTo(3);
        List<String> all = new ArrayList<>(items);
        all.addAll(List.of(
                HELD + " ok",
                "testEXCEL.xlsx ok",
                "testPPT_protected_passtika.pptx document_encrypted",
                "testPPT.pptx ok"));
        assertThat(items(id)).isEqualTo(all);
        assertThat(rows).hasSize(3);
        assertThat(rows()).hasSize(6).containsAll(rows);
        assertThat(server.seen()).hasSize(2);
        assertThat(text("testPDF.pdf"))
                .contains("Apache Tika is a toolkit for detecting and extracting metadata and structured text content");
        assertThat(text("testEXCEL.xlsx")).contains("Sample Excel Worksheet");
        cluster.assertNothingIsLeftOver();
    }

    @Test
    void aRerunOfTheFailedReadsJustThose() {
        NodeProcess node = start("node").ready();
        ObjectNode job = job();
        documents(job).addObject().put("url", server.url("/503/away.html").toString());
        upload(node, job, "testPDF.pdf");
        documents(job).addObject().put("url", server.url("/404/none.html").toString());
        upload(node, job, "testWORD_protected_passtika.docx");
        String id = cluster.create(node, job.toString());
        JsonNode first = cluster.ended(node, id, LONG);
        List<String> rows = rows();

        String again = cluster.rerunFailed(node, id);
        JsonNode second = cluster.ended(node, again, LONG);
        String third = cluster.rerunFailed(node, again);
        cluster.ended(node, third, LONG);

        assertThat(first.path("result").path("documentsProcessed").asInt())
                .as(first.toString())
                .isOne();
        assertThat(items(id))
                .containsExactly(
                        "away.html document_unavailable",
                        "testPDF.pdf ok",
                        "none.html document_not_found",
                        "testWORD_protected_passtika.docx document_encrypted");
        assertThat(second.path("only").asText()).isEqualTo("failed_items");
        assertThat(second.path("result").path("documentsProcessed").asInt())
                .as(second.toString())
                .isEqualTo(2);
        assertThat(second.path("result").path("errors").asInt()).isOne();
        assertThat(items(again))
                .containsExactly("away.html ok", "none.html ok", "testWORD_protected_passtika.docx document_encrypted");
        assertThat(cluster.strings("SELECT position FROM documents WHERE job_id = '" + again + "' ORDER BY position"))
                .containsExactly("0", "2");
        assertThat(items(third)).containsExactly("testWORD_protected_passtika.docx document_encrypted");
        assertThat(rows()).hasSize(3).containsAll(rows);
        assertThat(server.seen()).hasSize(4);
    }

    private NodeProcess start(String name) {
        return cluster.start(name, "CARNELIAN_EGRESS_ALLOW", "127.0.0.1");
    }

    private static ObjectNode job() {
        ObjectNode job = JSON.createObjectNode().put("type", "document_processing");
        job.putObject("input").putArray("documents");
        return job;
    }

    private static ArrayNode documents(ObjectNode job) {
        return job.withObject("/input").withArray("documents");
    }

    private void upload(NodeProcess node, ObjectNode job, String name) {
        documents(job)
                .addObject()
                .put("fileId", cluster.upload(node, name, TikaDocuments.bytes(name)))
                .put("filename", name);
    }

    /** Each finished document with what became of it. */
    private List<String> items(String id) {
        return cluster.strings("SELECT name || ' ' || coalesce(code, 'ok') FROM job_items WHERE job_id = '" + id
                + "' ORDER BY position");
    }

    /** Each document with the transaction that wrote it, so that a second writing shows. */
    private List<String> rows() {
        return cluster.strings("SELECT id || ' ' || name || ' ' || xmin FROM documents");
    }

    private String text(String document) {
        return String.join(
                        " ",
                        cluster.strings("SELECT text FROM document_chunks JOIN documents ON id = document_id"
                                + " WHERE name = '" + document + "' ORDER BY ordinal"))
                .replaceAll("\\s+", " ");
    }
}
