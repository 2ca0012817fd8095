package dev.carnelian.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carnelian.api.ApiJson;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.TenantId;
import dev.carnelian.net.EgressConfiguration;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import io.dropwizard.jackson.Jackson;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;

/** Both handlers over a database of their own, and what tests ask of them. */
final class TransferFixture {
    static final TenantId ACME = new TenantId("acme");
    static final TenantId OTHER = new TenantId("other");

    private static final ObjectMapper JSON = json();

    /** One address of this machine, and nothing else, may be reached. */
    private static final OutboundClient OUTBOUND =
            new OutboundClient(new EgressConfiguration(List.of("127.0.0.1"), List.of(80, 443)));

    final TestDatabase database = TestDatabase.migrated();
    final Jdbi jdbi = Jdbi.create(database.dataSource())
            .installPlugin(new SqlObjectPlugin())
            .installPlugin(new PostgresPlugin());
    final FileStore files = new FileStore(jdbi, Duration.ofDays(1));
    final ExportHandler exports = new ExportHandler(files, database.dataSource()::getConnection, 1L << 30);
    final ImportHandler imports = imports(1L << 30, 1_000_000);

    private static ObjectMapper json() {
        ObjectMapper json = Jackson.newObjectMapper();
        ApiJson.configure(json);
        return json;
    }

    ImportHandler imports(long maxBytes, int maxRows) {
        return new ImportHandler(jdbi, files, OUTBOUND, database.dataSource()::getConnection, maxBytes, maxRows);
    }

    ExportResult export(TenantId tenant, String input) throws Exception {
        return exports.handle(JSON.readValue(input, ExportInput.class), RecordingContext.first(tenant));
    }

    ImportResult load(TenantId tenant, StoredFile file, String more) throws Exception {
        return load(RecordingContext.first(tenant), file, more);
    }

    ImportResult load(RecordingContext context, StoredFile file, String more) throws Exception {
        return imports.handle(input(file, more), context);
    }

    static ImportInput input(StoredFile file, String more) throws IOException {
        ObjectNode input = (ObjectNode) JSON.readTree(more);
        if (!input.has("what")) {
            input.put("what", "documents");
        }
        return JSON.treeToValue(input.put("fileId", file.id().toString()), ImportInput.class);
    }

    static ExportInput exportInput(String input) throws IOException {
        return JSON.readValue(input, ExportInput.class);
    }

    static ImportInput importInput(String input) throws IOException {
        return JSON.readValue(input, ImportInput.class);
    }

    StoredFile file(TenantId tenant, String name, String... lines) throws IOException {
        return file(tenant, name, (String.join("\n", lines) + "\n").getBytes(UTF_8));
    }

    StoredFile file(TenantId tenant, String name, byte[] bytes) throws IOException {
        return files.store(tenant, name, "application/octet-stream", new ByteArrayInputStream(bytes), Long.MAX_VALUE);
    }

    /** A file with the first of the places. */
    StoredFile places(TenantId tenant, int number) {
        try {
            return file(tenant, "places.csv", Places.lines(number + 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    StoredFile stored(TenantId tenant, FileLink link) {
        return files.find(tenant, new FileId(link.id())).orElseThrow();
    }

    byte[] bytes(TenantId tenant, FileLink link) throws IOException {
        try (InputStream in = files.open(stored(tenant, link))) {
            return in.readAllBytes();
        }
    }

    String text(TenantId tenant, FileLink link) throws IOException {
        return new String(bytes(tenant, link), UTF_8);
    }

    List<JsonNode> lines(TenantId tenant, FileLink link) throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        for (String line : text(tenant, link).lines().toList()) {
            rows.add(new ObjectMapper().readTree(line));
        }
        return rows;
    }

    /** The first column of a query, as text. */
    List<String> strings(String sql, Object... arguments) {
        return jdbi.withHandle(
                handle -> handle.select(sql, arguments).mapTo(String.class).list());
    }

    int count(String condition) {
        return Integer.parseInt(strings("SELECT count(*)::text FROM documents WHERE " + condition)
                .get(0));
    }

    /** Everything a tenant's collection has, but for ids and the job that brought it. */
    List<String> contents(TenantId tenant, String collection) {
        return strings("""
                SELECT jsonb_build_array(d.name, d.media_type, d.language, d.metadata, d.bytes, d.characters, d.truncated,
                    d.chunk_count, d.created_at,
                    (SELECT jsonb_agg(jsonb_build_array(c.ordinal, c.text_start, c.text_end, c.text) ORDER BY c.ordinal)
                     FROM document_chunks AS c WHERE c.document_id = d.id))::text AS row
                FROM documents AS d WHERE d.tenant_id = ? AND d.collection = ? ORDER BY row""", tenant.value(), collection);
    }
}
