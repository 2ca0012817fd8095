package dev.carnelian.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.database.WrittenRows;
import dev.carnelian.document.DocumentsInput.Source;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.job.TenantId;
import dev.carnelian.net.EgressConfiguration;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import dev.carnelian.testkit.CarnelianTestKit;
import dev.carnelian.testkit.TestAttempt;
import dev.carnelian.testkit.TestAttempt.Progress;
import dev.carnelian.testkit.TestJob;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DocumentProcessingHandlerTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final String ENGLISH =
            "The quick brown fox jumps over the lazy dog, and everybody who lives in the village likes to watch it. ";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Extractor EXTRACTOR = new Extractor(1, Duration.ofSeconds(60), 1 << 20);
    private static final OutboundClient CLIENT =
            new OutboundClient(new EgressConfiguration(List.of("127.0.0.1"), List.of()));
    private static Jdbi jdbi;
    private static FileStore files;
    private static CarnelianTestKit kit;

    @BeforeAll
    static void open() {
        jdbi = Jdbi.create(TestDatabase.migrated().dataSource()).installPlugin(new SqlObjectPlugin());
        files = new FileStore(jdbi, Duration.ofDays(1));
        kit = CarnelianTestKit.of(new DocumentProcessingHandler(jdbi, files, EXTRACTOR, CLIENT, new Documents()));
    }

    @AfterAll
    static void close() {
        EXTRACTOR.close();
        CLIENT.close();
    }

    @Test
    void documentsFromEverySourceAreStored() throws Exception {
        byte[] pdf = TikaDocuments.bytes("testPDF.pdf");
        byte[] docx = TikaDocuments.bytes("testWORD.docx");
        StoredFile file =
                files.store(ACME, "up/loaded.docx", "application/zip", new ByteArrayInputStream(docx), 1 << 20);
        TestJob job = job(input(text(ENGLISH.repeat(30)), base64(pdf, "tika.pdf"), fileId(file.id())));

        TestAttempt attempt = job.run();

        DocumentsResult result = resultOf(attempt);
        assertThat(result.documentsProcessed()).isEqualTo(3);
        assertThat(result.errors()).isZero();
        assertThat(result.bytes()).isEqualTo(ENGLISH.length() * 30L + pdf.length + docx.length);
        assertThat(result.languages()).isEqualTo(Map.of("eng", 3));
        assertThat(result.collection()).isEqualTo("default");
        assertThat(result.chunks()).isEqualTo(count(job, "document_chunks")).isGreaterThan(4);
        assertThat(job.items().values())
                .containsExactly(
                        ItemOutcome.succeeded(0, "document 1"),
                        ItemOutcome.succeeded(1, "tika.pdf"),
                        ItemOutcome.succeeded(2, "loaded.docx"));
        assertThat(attempt.progress()).containsExactly(new Progress(1, 3), new Progress(2, 3), new Progress(3, 3));
        assertThat(texts(job, 1)).anySatisfy(text -> assertThat(text).contains("Content Analysis Toolkit"));
        assertThat(one(job, 2, "metadata ->> 'dc:title'")).isEqualTo("Sample Word Document");
    }

    @Test
    void aDocumentThatFailsIsAnErrorOfItsItemOnly() throws Exception {
        StoredFile big =
                files.store(ACME, "big.bin", "text/plain", new ByteArrayInputStream(new byte[(1 << 20) + 1]), 2 << 20);
        TestJob job = job(input(
                base64(TikaDocuments.bytes("testWORD_protected_passtika.docx"), "secret.docx"),
                fileId(FileId.next()),
                fileId(big.id()),
                base64(TikaDocuments.bytes("testPPM.ppm"), "picture.ppm"),
                text("\u2003"),
                text(ENGLISH)));

        DocumentsResult result = resultOf(job.run());

        assertThat(result.documentsProcessed()).isOne();
        assertThat(result.errors()).isEqualTo(5);
        assertThat(codeOf(job, 0)).isEqualTo("document_encrypted");
        assertThat(codeOf(job, 1)).isEqualTo("file_not_found");
        assertThat(codeOf(job, 2)).isEqualTo("document_too_large");
        assertThat(codeOf(job, 3)).isEqualTo("unsupported_media_type");
        assertThat(codeOf(job, 4)).isEqualTo("no_text_found");
        assertThat(codeOf(job, 5)).isEqualTo("none");
        assertThat(count(job, "documents")).isOne();
    }

    @Test
    void aJobWhoseDocumentsAllFailCompletes() throws Exception {
        DocumentsResult result = resultOf(job(input(fileId(FileId.next()))).run());

        assertThat(result.documentsProcessed()).isZero();
        assertThat(result.errors()).isOne();
    }

    @Test
    void anotherTenantsFileIsNotFound() throws Exception {
        StoredFile file = files.store(
                new TenantId("other"), "a.txt", "text/plain", new ByteArrayInputStream(new byte[] {'a'}), 10);
        TestJob job = job(input(fileId(file.id())));

        job.run();

        assertThat(codeOf(job, 0)).isEqualTo("file_not_found");
        assertThat(Objects.requireNonNull(job.items().get(0)).name())
                .isEqualTo(file.id().toString());
    }

    @Test
    void whatCannotBeStoredIsCleaned() throws Exception {
        DocumentReader reader = new DocumentReader(files, EXTRACTOR, new DocumentFetcher(CLIENT, 1 << 20));
        Source source = new Source("a\u0000b\uD800c", null, null, null, "n\u0000ame");

        assertThat(reader.read(source, "name", ACME).extracted().text()).isEqualTo("a\uFFFDb\uFFFDc");
        assertThat(reader.name(source, 0, ACME)).isEqualTo("name");
    }

    @Test
    void chunksFollowTheAskedSize() throws Exception {
        TestJob job = job(new DocumentsInput(List.of(text(ENGLISH.repeat(20))), "fine", 200, 50));

        job.run();

        assertThat(texts(job, 0))
                .hasSizeGreaterThan(10)
                .allSatisfy(text -> assertThat(text).hasSizeLessThanOrEqualTo(200));
        assertThat(one(job, 0, "collection")).isEqualTo("fine");
    }

    @Test
    void theContractOfHandlersIsKept() {
        FileId missing = FileId.next();
        kit.counting(new WrittenRows(jdbi, "documents"), 1).verify(tenant -> {
            StoredFile file = store(tenant, ENGLISH);
            return json(input(text(ENGLISH), fileId(missing), fileId(file.id()), text("a few words")));
        });
    }

    @Test
    void aRepeatedAttemptGivesTheSameRows() {
        TestJob job = job(input(text(ENGLISH), fileId(FileId.next()), text("short")));
        job.run();
        List<Map<String, Object>> rows = rows(job);

        job.run();

        assertThat(rows).hasSize(2);
        assertThat(rows(job)).isEqualTo(rows);
    }

    @Test
    void aDocumentThatIsStoredAgainKeepsItsRowAndReplacesItsChunks() {
        TestJob job = job(input(text("a")));
        DocumentStore store = new DocumentStore(jdbi);

        store.save(document(job, "one two", new Chunk(0, 3, "one"), new Chunk(4, 7, "two")));
        String id = one(job, 0, "id");
        store.save(document(job, "three", new Chunk(0, 5, "three")));

        assertThat(one(job, 0, "id")).isEqualTo(id);
        assertThat(texts(job, 0)).containsExactly("three");
        assertThat(store.ofJob(ACME, job.id())).containsExactly(new Document.Stored(0, 9, 5, 1, null));
        assertThat(store.ofJob(new TenantId("other"), job.id())).isEmpty();
    }

    @Test
    void anAttemptGoesOnWhereTheLastOneEnded() {
        StoredFile file = store(ACME, ENGLISH);
        TestJob job = job(input(fileId(file.id()), fileId(FileId.next()), text(ENGLISH), text(ENGLISH)));
        // Each document is a message, perhaps a checkpoint, an item and progress.
        assertThat(job.loseAfter(7).items()).hasSize(2);
        // Were the first document read again, it would now be an error.
        files.delete(ACME, file.id());

        TestAttempt second = job.run();

        assertThat(resultOf(second).documentsProcessed()).isEqualTo(3);
        assertThat(resultOf(second).errors()).isOne();
        assertThat(codeOf(job, 0)).isEqualTo("none");
        assertThat(codeOf(job, 1)).isEqualTo("file_not_found");
        assertThat(second.progress()).hasSize(4);
        assertThat(count(job, "documents")).isEqualTo(3);
    }

    @Test
    void aRerunOfFailedItemsReadsThemAlone() {
        List<SelectedItem> selected = List.of(new SelectedItem(1, "lost.pdf"), new SelectedItem(2, "short.txt"));
        TestJob job = job(input(text(ENGLISH), fileId(FileId.next()), text("one two three"), text(ENGLISH)))
                .selecting(selected);
        job.loseAfter(4);

        TestAttempt second = job.run();

        DocumentsResult result = resultOf(second);
        assertThat(result.documentsProcessed()).isOne();
        assertThat(result.errors()).isOne();
        assertThat(result.characters()).isEqualTo(13);
        assertThat(codeOf(job, 1)).isEqualTo("file_not_found");
        assertThat(second.items()).extracting(ItemOutcome::name).containsExactly("lost.pdf", "short.txt");
        assertThat(second.progress()).containsExactly(new Progress(1, 2), new Progress(2, 2));
        assertThat(count(job, "documents")).isOne();
    }

    @Test
    void aSelectedDocumentThatTheChangedInputHasNoMoreIsAnError() {
        TestJob job = job(input(text(ENGLISH))).selecting(List.of(new SelectedItem(5, "gone.pdf")));

        assertThat(resultOf(job.run()).errors()).isOne();
        assertThat(codeOf(job, 5)).isEqualTo("item_not_found");
    }

    @Test
    void theBundledSamplesAreReadWell() throws Exception {
        TestJob job = job(input(
                base64(sample("tika-home-page.pdf"), "tika-home-page.pdf"),
                base64(sample("sample-document.docx"), "sample-document.docx"),
                base64(sample("web-page.html"), "web-page.html")));

        DocumentsResult result = resultOf(job.run());

        assertThat(result.documentsProcessed()).isEqualTo(3);
        assertThat(result.languages()).isEqualTo(Map.of("eng", 3));
    }

    private static byte[] sample(String name) throws IOException {
        try (InputStream in = DocumentProcessingHandler.class.getResourceAsStream("/dev/carnelian/sample/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    private static Document document(TestJob job, String text, Chunk... chunks) {
        Document.Key key = new Document.Key(ACME, job.id(), 0);
        Extracted extracted = new Extracted("text/plain", Map.of("dc:title", "a \"title\""), text, false);
        return new Document(key, "default", "a.txt", 9, extracted, null, List.of(chunks));
    }

    private static StoredFile store(TenantId tenant, String text) {
        try {
            return files.store(tenant, "a.txt", "text/plain", new ByteArrayInputStream(text.getBytes(UTF_8)), 1 << 20);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TestJob job(DocumentsInput input) {
        return kit.job(ACME, json(input));
    }

    private static String json(DocumentsInput input) {
        try {
            return JSON.writeValueAsString(input);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static DocumentsResult resultOf(TestAttempt attempt) {
        return JSON.convertValue(attempt.result(), DocumentsResult.class);
    }

    private static String codeOf(TestJob job, int position) {
        return Optional.ofNullable(job.items().get(position))
                .flatMap(ItemOutcome::error)
                .map(failure -> failure.code())
                .orElse("none");
    }

    private static DocumentsInput input(Source... sources) {
        return new DocumentsInput(List.of(sources), null, null, null);
    }

    private static Source text(String text) {
        return new Source(text, null, null, null, null);
    }

    private static Source base64(byte[] bytes, @Nullable String name) {
        return new Source(null, Base64.getMimeEncoder().encodeToString(bytes), null, null, name);
    }

    private static Source fileId(FileId id) {
        return new Source(null, null, id.toString(), null, null);
    }

    private static long count(TestJob job, String table) {
        String rows = table.equals("documents")
                ? "documents AS d"
                : "document_chunks AS c JOIN documents AS d ON d.id = c.document_id";
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + rows + " WHERE d.job_id = :job")
                .bind("job", job.id().value())
                .mapTo(Long.class)
                .one());
    }

    private static List<String> texts(TestJob job, int position) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT c.text FROM document_chunks AS c JOIN documents AS d ON d.id = c.document_id
                        WHERE d.job_id = :job AND d.position = :position ORDER BY c.ordinal""")
                .bind("job", job.id().value())
                .bind("position", position)
                .mapTo(String.class)
                .list());
    }

    private static String one(TestJob job, int position, String column) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT " + column + " FROM documents WHERE job_id = :job AND position = :position")
                .bind("job", job.id().value())
                .bind("position", position)
                .mapTo(String.class)
                .one());
    }

    private static List<Map<String, Object>> rows(TestJob job) {
        return jdbi.withHandle(handle ->
                handle.createQuery("""
                        SELECT CAST(to_jsonb(d) AS text) AS document, c.*
                        FROM documents AS d JOIN document_chunks AS c ON c.document_id = d.id
                        WHERE d.job_id = :job ORDER BY d.position, c.ordinal""").bind("job", job.id().value()).mapToMap().list());
    }
}
