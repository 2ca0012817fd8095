package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dev.carnelian.net.LoopbackServer;
import dev.carnelian.transfer.Places;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real table in, killed in the middle, and out again. */
class TransferIT {
    private static final int PLACES = 18_760;
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final String PLACES_INPUT =
            "{\"type\": \"import\", \"input\": {\"fileId\": \"%s\", \"collection\": \"%s\", " + Places.FIELDS + "}}";

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
    void anImportGoesOnWhereItsKilledNodeStopped() throws Exception {
        NodeProcess one = cluster.start("one").ready();
        String file = cluster.upload(one, "places.csv", Places.all());
        String id = cluster.create(one, PLACES_INPUT.formatted(file, "places"));
        someRowsAreStored();

        one.signal("KILL");
        int done = number("SELECT rows_done FROM imports");
        List<String> before = documents(done);
        NodeProcess two = cluster.start("two").ready();
        JsonNode job = cluster.ended(two, id, LONG);

        assertThat(done).isBetween(3_000, PLACES - 1);
        assertThat(job.path("status").asText()).as(job.toString()).isEqualTo("completed");
        assertThat(job.path("attempt").asInt()).isEqualTo(2);
        assertThat(documents(done)).as("what was stored is not stored again").isEqualTo(before);
        JsonNode result = job.path("result");
        int failed = result.path("errors").asInt();
        assertThat(result.path("rows").asInt()).isEqualTo(PLACES);
        assertThat(result.path("rowsImported").asInt()).isEqualTo(PLACES - failed);
        assertThat(number("SELECT count(*) FROM documents")).isEqualTo(PLACES - failed);
        assertThat(number("SELECT count(DISTINCT (document_id, ordinal)) FROM document_chunks"))
                .isEqualTo(number("SELECT sum(chunk_count) FROM documents"));

        // Places without other names have no text; they are the same rows in the file, as items up to a cap, and here.
        assertThat(failed).isEqualTo(missing());
        byte[] errors = download(two, result.path("errorFile"));
        assertThat(new String(errors, StandardCharsets.UTF_8).lines())
                .hasSize(failed)
                .allSatisfy(line -> assertThat(line).contains("\"code\":\"missing_field\"", "text is missing"));
        assertThat(number("SELECT count(*) FROM job_items WHERE code IS NOT NULL"))
                .isEqualTo(Math.min(failed, 1_000));
        assertThat(cluster.strings("SELECT name FROM documents WHERE metadata ->> 'country' = 'French Polynesia'"))
                .contains("Anaa");
        aRerunDoesTheRowsThatFailed(two, id, Math.min(failed, 1_000));
    }

    private void someRowsAreStored() {
        Awaitility.await("some rows to be stored")
                .pollInterval(Duration.ofMillis(5))
                .atMost(LONG)
                .until(() -> number("SELECT coalesce(max(rows_done), 0) FROM imports") >= 3_000);
    }

    /** One node dies in the middle, the next when all is stored and its outcome is not. */
    @Test
    void anAddressThatAnswersOnceIsEnough() throws Exception {
        String places = new String(Places.all(), StandardCharsets.UTF_8);
        AtomicBoolean asked = new AtomicBoolean();
        try (LoopbackServer server = new LoopbackServer((exchange, request) -> {
            boolean again = asked.getAndSet(true);
            LoopbackServer.answer(exchange, again ? 410 : 200, again ? "" : places);
        })) {
            letNoJobEnd();
            NodeProcess one = startAllowed("one").ready();
            String input = "{\"url\": \"%s\", %s}".formatted(server.url("/places.csv"), Places.FIELDS);
            String id = cluster.create(one, "{\"type\": \"import\", \"input\": " + input + "}");
            someRowsAreStored();
            one.signal("KILL");
            int done = number("SELECT rows_done FROM imports");
            List<String> before = documents(done);
            NodeProcess two = startAllowed("two").ready();
            Awaitility.await("the import to be over, but for its outcome")
                    .pollInterval(Duration.ofMillis(100))
                    .atMost(LONG)
                    .until(() -> two.log().contains("ends of runs could not be written"));
            two.signal("KILL");
            List<String> all = documents(PLACES);
            cluster.jdbi().useHandle(handle -> handle.execute("DROP TRIGGER no_end ON jobs"));

            JsonNode job = cluster.ended(startAllowed("three").ready(), id, LONG);

            assertThat(job.path("status").asText()).as(job.toString()).isEqualTo("completed");
            assertThat(job.path("attempt").asInt()).isEqualTo(3);
            assertThat(job.path("result").path("rows").asInt()).isEqualTo(PLACES);
            assertThat(job.path("result").path("rowsImported").asInt()).isEqualTo(PLACES - missing());
            assertThat(all).hasSize(PLACES - missing()).startsWith(before.toArray(String[]::new));
            assertThat(documents(PLACES)).as("nothing is stored again").isEqualTo(all);
            assertThat(number("SELECT count(*) FROM job_items WHERE code IS NOT NULL"))
                    .isEqualTo(Math.min(missing(), 1_000));
            assertThat(cluster.strings("SELECT name FROM files WHERE name NOT LIKE 'errors-%'"))
                    .isEmpty();
            assertThat(server.seen()).hasSize(1);
        }
    }

    private NodeProcess startAllowed(String name) {
        return cluster.start(name, "CARNELIAN_EGRESS_ALLOW", "127.0.0.1");
    }

    /** A failure that is not about the data: a node tries to write the outcome until it is killed. */
    private void letNoJobEnd() {
        cluster.jdbi().useHandle(handle -> {
            handle.execute("CREATE FUNCTION no_end() RETURNS trigger LANGUAGE plpgsql AS"
                    + " 'BEGIN RAISE EXCEPTION ''not now''; END'");
            handle.execute("CREATE TRIGGER no_end BEFORE UPDATE ON jobs FOR EACH ROW"
                    + " WHEN (NEW.final_status IS NOT NULL) EXECUTE FUNCTION no_end()");
        });
    }

    private void aRerunDoesTheRowsThatFailed(NodeProcess node, String id, int items) {
        int documents = number("SELECT count(*) FROM documents");

        JsonNode job = cluster.ended(node, cluster.rerunFailed(node, id), LONG);

        assertThat(job.path("only").asText()).as(job.toString()).isEqualTo("failed_items");
        assertThat(job.path("result").path("rows").asInt()).isEqualTo(items);
        assertThat(job.path("result").path("errors").asInt())
                .as("the file is as it was")
                .isEqualTo(items);
        assertThat(number("SELECT count(*) FROM documents")).isEqualTo(documents);
    }

    private static int missing() {
        return (int) new String(Places.all(), StandardCharsets.UTF_8)
                .lines()
                .skip(1)
                .map(line -> line.split("\\^", -1))
                .filter(cells -> cells[43].isBlank())
                .count();
    }

    /** Documents with the transaction that stored them. */
    private List<String> documents(int rows) {
        return cluster.strings(
                "SELECT id || ' ' || xmin FROM documents WHERE position <= %d ORDER BY position".formatted(rows));
    }

    @Test
    void anExportIsDoneAgainWhenItsNodeIsKilledAndComesBackEqual() throws Exception {
        NodeProcess one = cluster.start("one").ready();
        String file = cluster.upload(one, "places.csv", Places.lines(3_000));
        cluster.ended(one, cluster.create(one, PLACES_INPUT.formatted(file, "places")), LONG);
        multiply(60);
        int rows = number("SELECT count(*) FROM documents");
        String id = cluster.create(
                one, "{\"type\":\"export\",\"input\":{\"what\":\"documents\",\"compression\":\"gzip\"}}");
        Awaitility.await("a part of the file to be written")
                .pollInterval(Duration.ofMillis(5))
                .atMost(LONG)
                .until(() ->
                        number("SELECT count(*) FROM file_chunks JOIN files ON id = file_id WHERE size IS NULL") >= 2);

        one.signal("KILL");
        NodeProcess two = cluster.start("two").ready();
        JsonNode result = cluster.ended(two, id, LONG).path("result");

        assertThat(result.path("rows").asInt()).as(result.toString()).isEqualTo(rows);
        assertThat(number("SELECT attempt FROM jobs WHERE id = '" + id + "'")).isEqualTo(2);
        assertThat(number("SELECT count(*) FROM files WHERE name LIKE 'documents-%' AND size IS NOT NULL"))
                .isOne();
        assertThat(sha256(download(two, result.path("file"))))
                .isEqualTo(result.path("file").path("sha256").asText());
        comesBackEqual(two);
    }

    private void comesBackEqual(NodeProcess node) throws Exception {
        JsonNode exported = cluster.ended(node, cluster.create(node, """
                                {"type": "export", "input": {"what": "documents", "collection": "places",
                                 "format": "csv", "compression": "zstd"}}"""), LONG).path("result");
        byte[] packed = download(node, exported.path("file"));
        try (InputStream csv = new ZstdInputStream(new ByteArrayInputStream(packed))) {
            assertThat(new String(csv.readNBytes(20), StandardCharsets.UTF_8)).isEqualTo("id,name,collection,m");
        }
        String again = cluster.upload(node, "again.csv.zst", packed);

        JsonNode imported = cluster.ended(node, cluster.create(node, """
                                {"type": "import", "input": {"what": "documents", "fileId": "%s",
                                 "collection": "again", "onError": "abort"}}""".formatted(again)), LONG)
                .path("result");

        assertThat(imported.path("rowsImported").asInt())
                .as(imported.toString())
                .isEqualTo(exported.path("rows").asInt());
        assertThat(contents("again")).isEqualTo(contents("places"));
    }

    @Test
    void whatIsLargerThanTheHeapGoesInAndOut() throws Exception {
        // Stands over the -Xmx that NodeProcess gives.
        NodeProcess node = cluster.start("small", "_JAVA_OPTIONS", "-Xmx128m").ready();
        int documents = 200;
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new ZstdOutputStream(packed)) {
            for (int i = 0; i < documents; i++) {
                String text = "Document %d. %s".formatted(i, "All work and no play. ".repeat(50_000));
                out.write("{\"name\":\"%d\",\"chunks\":[\"%s\"]}\n"
                        .formatted(i, text)
                        .getBytes(StandardCharsets.UTF_8));
            }
        }
        String file = cluster.upload(node, "large.jsonl.zst", packed.toByteArray());

        JsonNode imported = cluster.ended(
                        node,
                        cluster.create(
                                node,
                                "{\"type\":\"import\",\"input\":{\"what\":\"documents\",\"fileId\":\"%s\"}}"
                                        .formatted(file)),
                        LONG)
                .path("result");
        JsonNode exported = cluster.ended(
                        node,
                        cluster.create(
                                node,
                                "{\"type\":\"export\",\"input\":{\"what\":\"documents\",\"compression\":\"zstd\"}}"),
                        LONG)
                .path("result");

        assertThat(imported.path("rowsImported").asInt())
                .as(imported.toString())
                .isEqualTo(documents);
        assertThat(exported.path("rows").asInt()).as(exported.toString()).isEqualTo(documents);
        assertThat(exported.path("bytes").asLong()).isGreaterThan(200L << 20);
        assertThat(node.readiness()).isEqualTo(200);
    }

    private String contents(String collection) {
        return cluster.strings("""
                        SELECT md5(string_agg(md5(row(d.name, d.language, d.metadata, d.bytes, d.characters, d.created_at,
                            c.ordinal, c.text_start, c.text_end, c.text)::text), '' ORDER BY d.position, c.ordinal))
                        FROM documents AS d JOIN document_chunks AS c ON c.document_id = d.id
                        WHERE d.collection = '%s'""".formatted(collection)).get(0);
    }

    /** So many more collections of the same, for an export that takes its time. */
    private void multiply(int times) {
        cluster.jdbi().useTransaction(transaction -> {
            transaction.execute("""
                    CREATE TEMP TABLE more ON COMMIT DROP AS
                    SELECT d.id AS old_id, gen_random_uuid() AS new_id, i
                    FROM documents AS d, generate_series(1, ?) AS i""", times);
            transaction.execute("""
                    INSERT INTO documents (id, tenant_id, collection, job_id, position, name, media_type, metadata, bytes,
                        characters, truncated, chunk_count)
                    SELECT new_id, tenant_id, 'more-' || i, md5(i::text)::uuid, position, name, media_type, metadata, bytes,
                        characters, truncated, chunk_count
                    FROM more JOIN documents ON id = old_id""");
            transaction.execute("""
                    INSERT INTO document_chunks SELECT new_id, ordinal, text_start, text_end, text
                    FROM more JOIN document_chunks ON document_id = old_id""");
        });
    }

    private int number(String sql) {
        return Integer.parseInt(cluster.strings(sql).get(0));
    }

    /** Fetches a file in two parts and checks what was said of it. */
    private byte[] download(NodeProcess node, JsonNode file) throws Exception {
        long size = file.path("size").asLong();
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (String range : List.of("bytes=0-" + size / 3, "bytes=" + (size / 3 + 1) + "-")) {
            HttpResponse<byte[]> part = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(node.address() + "/files/"
                                            + file.path("id").asText() + "/content"))
                                    .header("Authorization", "Bearer " + cluster.key())
                                    .header("Range", range)
                                    .build(),
                            BodyHandlers.ofByteArray());
            assertThat(part.statusCode()).isEqualTo(206);
            assertThat(part.headers().firstValue("Content-Disposition").orElse(""))
                    .startsWith("attachment; filename=\"" + file.path("name").asText());
            assertThat(part.headers().firstValue("Content-Type"))
                    .contains(file.path("mediaType").asText());
            assertThat(part.headers().firstValue("Repr-Digest"))
                    .contains("sha-256=:"
                            + Base64.getEncoder()
                                    .encodeToString(HexFormat.of()
                                            .parseHex(file.path("sha256").asText()))
                            + ":");
            whole.write(part.body());
        }
        assertThat(sha256(whole.toByteArray())).isEqualTo(file.path("sha256").asText());
        return whole.toByteArray();
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
