package dev.carnelian.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.database.TestDatabase;
import dev.carnelian.document.DocumentsInput.Source;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.job.TenantId;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    private static final Extractor EXTRACTOR = new Extractor(1, Duration.ofSeconds(60), 1 << 20);
    private static Jdbi jdbi;
    private static FileStore files;
    private static DocumentProcessingHandler handler;

    @BeforeAll
    static void open() {
        jdbi = Jdbi.create(TestDatabase.migrated().dataSource()).installPlugin(new SqlObjectPlugin());
        files = new FileStore(jdbi, Duration.ofDays(1));
        handler = new DocumentProcessingHandler(jdbi, files, EXTRACTOR);
    }

    @AfterAll
    static void close() {
        EXTRACTOR.close();
    }

    @Test
    void documentsFromEverySourceAreStored() throws Exception {
        byte[] pdf = TikaDocuments.bytes("testPDF.pdf");
        byte[] docx = TikaDocuments.bytes("testWORD.docx");
        StoredFile file =
                files.store(ACME, "up/loaded.docx", "application/zip", new ByteArrayInputStream(docx), 1 << 20);
        RecordingContext context = RecordingContext.first(ACME);

        DocumentsResult result =
                handler.handle(input(text(ENGLISH.repeat(30)), base64(pdf, "tika.pdf"), fileId(file.id())), context);

        assertThat(result.documentsProcessed()).isEqualTo(3);
        assertThat(result.errors()).isZero();
        assertThat(result.bytes()).isEqualTo(ENGLISH.length() * 30L + pdf.length + docx.length);
        assertThat(result.languages()).isEqualTo(Map.of("eng", 3));
        assertThat(result.collection()).isEqualTo("default");
        assertThat(result.chunks()).isEqualTo(count(context, "document_chunks")).isGreaterThan(4);
        assertThat(context.items.values())
                .containsExactly(
                        ItemOutcome.succeeded(0, "document 1"),
                        ItemOutcome.succeeded(1, "tika.pdf"),
                        ItemOutcome.succeeded(2, "loaded.docx"));
        assertThat(context.progress).containsExactly("1/3", "2/3", "3/3");
        assertThat(texts(context, 1)).anySatisfy(text -> assertThat(text).contains("Content Analysis Toolkit"));
        assertThat(one(context, 2, "metadata ->> 'dc:title'")).isEqualTo("Sample Word Document");
    }

    @Test
    void aDocumentThatFailsIsAnErrorOfItsItemOnly() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);

        DocumentsResult result = handler.handle(
                input(
                        base64(TikaDocuments.bytes("testWORD_protected_passtika.docx"), "secret.docx"),
                        fileId(FileId.next()),
                        base64(new byte[(1 << 20) + 1], "big.bin"),
                        base64(TikaDocuments.bytes("testPPM.ppm"), "picture.ppm"),
                        text("\u2003"),
                        text(ENGLISH)),
                context);

        assertThat(result.documentsProcessed()).isOne();
        assertThat(result.errors()).isEqualTo(5);
        assertThat(context.codeOf(0)).isEqualTo("document_encrypted");
        assertThat(context.codeOf(1)).isEqualTo("file_not_found");
        assertThat(context.codeOf(2)).isEqualTo("document_too_large");
        assertThat(context.codeOf(3)).isEqualTo("unsupported_media_type");
        assertThat(context.codeOf(4)).isEqualTo("no_text_found");
        assertThat(context.codeOf(5)).isEqualTo("none");
        assertThat(count(context, "documents")).isOne();
    }

    @Test
    void aJobWhoseDocumentsAllFailCompletes() throws Exception {
        DocumentsResult result = handler.handle(input(fileId(FileId.next())), RecordingContext.first(ACME));

        assertThat(result.documentsProcessed()).isZero();
        assertThat(result.errors()).isOne();
    }

    @Test
    void anotherTenantsFileIsNotFound() throws Exception {
        StoredFile file = files.store(
                new TenantId("other"), "a.txt", "text/plain", new ByteArrayInputStream(new byte[] {'a'}), 10);
        RecordingContext context = RecordingContext.first(ACME);

        handler.handle(input(fileId(file.id())), context);

        assertThat(context.codeOf(0)).isEqualTo("file_not_found");
        assertThat(Objects.requireNonNull(context.items.get(0)).name())
                .isEqualTo(file.id().toString());
    }

    @Test
    void whatCannotBeStoredIsCleaned() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);

        handler.handle(input(new Source("a\u0000b\uD800c", null, null, null, "n\u0000ame")), context);

        assertThat(texts(context, 0)).containsExactly("a\uFFFDb\uFFFDc");
        assertThat(one(context, 0, "name")).isEqualTo("name");
    }

    @Test
    void chunksFollowTheAskedSize() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);

        handler.handle(new DocumentsInput(List.of(text(ENGLISH.repeat(20))), "fine", 200, 50), context);

        assertThat(texts(context, 0))
                .hasSizeGreaterThan(10)
                .allSatisfy(text -> assertThat(text).hasSizeLessThanOrEqualTo(200));
        assertThat(one(context, 0, "collection")).isEqualTo("fine");
    }

    @Test
    void aRepeatedAttemptGivesTheSameRowsAndResult() throws Exception {
        DocumentsInput input = input(text(ENGLISH), fileId(FileId.next()), text("short"));
        RecordingContext first = RecordingContext.first(ACME);
        DocumentsResult result = handler.handle(input, first);
        List<Map<String, Object>> rows = rows(first);
        RecordingContext second = first.next();

        DocumentsResult again = handler.handle(input, second);

        assertThat(again).isEqualTo(result);
        assertThat(second.items).isEqualTo(first.items);
        assertThat(rows(first)).isEqualTo(rows);
    }

    @Test
    void aDocumentThatIsStoredAgainKeepsItsRowAndReplacesItsChunks() {
        RecordingContext context = RecordingContext.first(ACME);
        DocumentStore store = new DocumentStore(jdbi);

        store.save(document(context, "one two", new Chunk(0, 3, "one"), new Chunk(4, 7, "two")));
        String id = one(context, 0, "id");
        store.save(document(context, "three", new Chunk(0, 5, "three")));

        assertThat(one(context, 0, "id")).isEqualTo(id);
        assertThat(texts(context, 0)).containsExactly("three");
        assertThat(store.ofJob(ACME, context.jobId())).containsExactly(new Document.Stored(0, 9, 5, 1, null));
        assertThat(store.ofJob(new TenantId("other"), context.jobId())).isEmpty();
    }

    @Test
    void anAttemptGoesOnWhereTheLastOneEnded() throws Exception {
        StoredFile file =
                files.store(ACME, "a.txt", "text/plain", new ByteArrayInputStream(ENGLISH.getBytes(UTF_8)), 1_000);
        DocumentsInput input = input(fileId(file.id()), fileId(FileId.next()), text(ENGLISH), text(ENGLISH));
        RecordingContext first = RecordingContext.first(ACME).cancelledAfter(2);
        assertThatThrownBy(() -> handler.handle(input, first)).isInstanceOf(JobCancelledException.class);
        // Were the first document read again, it would now be an error.
        files.delete(ACME, file.id());
        RecordingContext second = first.next();

        DocumentsResult result = handler.handle(input, second);

        assertThat(result.documentsProcessed()).isEqualTo(3);
        assertThat(result.errors()).isOne();
        assertThat(second.codeOf(0)).isEqualTo("none");
        assertThat(second.codeOf(1)).isEqualTo("file_not_found");
        assertThat(second.progress).containsExactly("1/4", "2/4", "3/4", "4/4");
        assertThat(count(second, "documents")).isEqualTo(3);
    }

    @Test
    void anEarlierAttemptThatDiedBeforeItCouldReportIsNotCountedTwice() throws Exception {
        DocumentsInput input = input(text(ENGLISH), fileId(FileId.next()));
        RecordingContext lost = RecordingContext.first(ACME);
        RecordingContext fresh = lost.next();
        handler.handle(input, lost);

        DocumentsResult result = handler.handle(input, fresh);

        assertThat(result.documentsProcessed()).isOne();
        assertThat(result.errors()).isOne();
        assertThat(count(fresh, "documents")).isOne();
    }

    @Test
    void aRerunOfFailedItemsReadsThemAlone() throws Exception {
        DocumentsInput input = input(text(ENGLISH), fileId(FileId.next()), text("one two three"), text(ENGLISH));
        List<SelectedItem> selected = List.of(new SelectedItem(1, "lost.pdf"), new SelectedItem(2, "short.txt"));
        RecordingContext first =
                RecordingContext.first(ACME).selecting(selected).cancelledAfter(1);
        assertThatThrownBy(() -> handler.handle(input, first)).isInstanceOf(JobCancelledException.class);
        RecordingContext second = first.next().selecting(selected);

        DocumentsResult result = handler.handle(input, second);

        assertThat(result.documentsProcessed()).isOne();
        assertThat(result.errors()).isOne();
        assertThat(result.characters()).isEqualTo(13);
        assertThat(second.codeOf(1)).isEqualTo("file_not_found");
        assertThat(second.items.values()).extracting(ItemOutcome::name).containsExactly("lost.pdf", "short.txt");
        assertThat(second.progress).containsExactly("1/2", "2/2");
        assertThat(count(second, "documents")).isOne();
    }

    @Test
    void aSelectedDocumentThatTheChangedInputHasNoMoreIsAnError() throws Exception {
        RecordingContext context = RecordingContext.first(ACME).selecting(List.of(new SelectedItem(5, "gone.pdf")));

        DocumentsResult result = handler.handle(input(text(ENGLISH)), context);

        assertThat(result.errors()).isOne();
        assertThat(context.codeOf(5)).isEqualTo("document_not_found");
    }

    @Test
    void theBundledSamplesAreReadWell() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);

        DocumentsResult result = handler.handle(
                input(
                        base64(sample("tika-home-page.pdf"), "tika-home-page.pdf"),
                        base64(sample("sample-document.docx"), "sample-document.docx"),
                        base64(sample("web-page.html"), "web-page.html")),
                context);

        assertThat(result.documentsProcessed()).isEqualTo(3);
        assertThat(result.languages()).isEqualTo(Map.of("eng", 3));
    }

    private static byte[] sample(String name) throws IOException {
        try (InputStream in = DocumentProcessingHandler.class.getResourceAsStream("/dev/carnelian/sample/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    private static Document document(RecordingContext context, String text, Chunk... chunks) {
        Document.Key key = new Document.Key(ACME, context.jobId(), 0);
        Extracted extracted = new Extracted("text/plain", Map.of("dc:title", "a \"title\""), text, false);
        return new Document(key, "default", "a.txt", 9, extracted, null, List.of(chunks));
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

    private static long count(RecordingContext context, String table) {
        String rows = table.equals("documents")
                ? "documents AS d"
                : "document_chunks AS c JOIN documents AS d ON d.id = c.document_id";
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + rows + " WHERE d.job_id = :job")
                .bind("job", context.jobId().value())
                .mapTo(Long.class)
                .one());
    }

    private static List<String> texts(RecordingContext context, int position) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT c.text FROM document_chunks AS c JOIN documents AS d ON d.id = c.document_id
                        WHERE d.job_id = :job AND d.position = :position ORDER BY c.ordinal""")
                .bind("job", context.jobId().value())
                .bind("position", position)
                .mapTo(String.class)
                .list());
    }

    private static String one(RecordingContext context, int position, String column) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT " + column + " FROM documents WHERE job_id = :job AND position = :position")
                .bind("job", context.jobId().value())
                .bind("position", position)
                .mapTo(String.class)
                .one());
    }

    private static List<Map<String, Object>> rows(RecordingContext context) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT CAST(to_jsonb(d) AS text) AS document, c.*
                        FROM documents AS d JOIN document_chunks AS c ON c.document_id = d.id
                        WHERE d.job_id = :job ORDER BY d.position, c.ordinal""")
                .bind("job", context.jobId().value())
                .mapToMap()
                .list());
    }
}
