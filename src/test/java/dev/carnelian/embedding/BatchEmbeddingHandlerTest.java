package dev.carnelian.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.database.TestDatabase;
import dev.carnelian.database.WrittenRows;
import dev.carnelian.document.TextDocuments;
import dev.carnelian.document.TextDocuments.Text;
import dev.carnelian.embedding.EmbeddingStore.ChunkKey;
import dev.carnelian.embedding.EmbeddingStore.Embedded;
import dev.carnelian.embedding.EmbeddingStore.Pending;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobId;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.job.TenantId;
import dev.carnelian.testkit.CarnelianTestKit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BatchEmbeddingHandlerTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final EmbeddingModel MODEL = new EmbeddingModel(2);

    private static Jdbi jdbi;
    private static BatchEmbeddingHandler handler;

    @BeforeAll
    static void open() {
        jdbi = Jdbi.create(TestDatabase.migrated().dataSource())
                .installPlugin(new SqlObjectPlugin())
                .installPlugin(new PostgresPlugin());
        handler = new BatchEmbeddingHandler(jdbi, MODEL);
    }

    @AfterAll
    static void close() throws Exception {
        MODEL.close();
    }

    @BeforeEach
    void empty() {
        jdbi.useHandle(handle -> handle.execute("DELETE FROM documents"));
    }

    @Test
    void everyChunkOfACollectionGetsAVector() throws Exception {
        documents(ACME, "letters", 70);
        documents(ACME, "other", 3);
        documents(new TenantId("somebody-else"), "letters", 3);
        RecordingContext context = RecordingContext.first(ACME);

        EmbeddingResult result = handler.handle(collection("letters"), context);

        assertThat(result).isEqualTo(new EmbeddingResult(70, 0, 0, 384, "all-minilm-l6-v2", "letters"));
        assertThat(
                        strings(
                                "SELECT DISTINCT tenant_id || ' ' || collection FROM embeddings JOIN documents ON id = document_id"))
                .containsExactly("acme letters");
        assertThat(context.items).hasSize(70);
        assertThat(context.items.get(69)).isEqualTo(ItemOutcome.succeeded(69, "document 69"));
        assertThat(context.progress).containsExactly("0/70", "32/70", "64/70", "70/70");
    }

    @Test
    void whatIsStoredIsTheVectorOfTheChunk() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);
        handler.handle(texts("Apples grow on trees.", "Trains run on rails."), context);

        List<float[]> stored = jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT vector FROM embeddings JOIN documents ON id = document_id ORDER BY position")
                .mapTo(float[].class)
                .list());

        assertThat(stored).hasSize(2);
        assertThat(stored.get(0))
                .containsExactly(MODEL.embed(List.of("Apples grow on trees.")).get(0));
        assertThat(stored.get(1))
                .containsExactly(MODEL.embed(List.of("Trains run on rails.")).get(0));
    }

    @Test
    void whatHasAVectorIsLeftOut() throws Exception {
        documents(ACME, "letters", 10);
        handler.handle(collection("letters"), RecordingContext.first(ACME));
        List<String> before = embeddings();
        documents(ACME, "letters", 5);

        EmbeddingResult result = handler.handle(collection("letters"), RecordingContext.first(ACME));

        assertThat(result.embeddingsCreated()).isEqualTo(5);
        assertThat(result.skipped()).isEqualTo(10);
        assertThat(embeddings()).hasSize(15).containsAll(before);
    }

    @Test
    void vectorsOfAnotherModelDoNotCount() throws Exception {
        documents(ACME, "letters", 2);
        jdbi.useHandle(handle -> handle.execute("""
                INSERT INTO embeddings (document_id, ordinal, model, dimensions, vector)
                SELECT document_id, ordinal, 'another', 1, '{1}' FROM document_chunks"""));

        EmbeddingResult result = handler.handle(collection("letters"), RecordingContext.first(ACME));

        assertThat(result.embeddingsCreated()).isEqualTo(2);
    }

    @Test
    void anAttemptGoesOnWhereTheLastOneEnded() throws Exception {
        documents(ACME, "letters", 250);
        RecordingContext first = RecordingContext.first(ACME).cancelledAfter(200);
        assertThatThrownBy(() -> handler.handle(collection("letters"), first))
                .isInstanceOf(JobCancelledException.class);
        List<String> before = embeddings();
        RecordingContext second = first.next();

        EmbeddingResult result = handler.handle(collection("letters"), second);

        assertThat(before).hasSize(200);
        assertThat(result.embeddingsCreated()).isEqualTo(250);
        assertThat(result.skipped()).isZero();
        assertThat(second.items.keySet())
                .containsExactlyElementsOf(IntStream.range(200, 250).boxed().toList());
        assertThat(second.progress).startsWith("200/250").endsWith("250/250");
        assertThat(embeddings()).hasSize(250).containsAll(before);
    }

    @Test
    void anAttemptWithoutItsCheckpointCountsTheSame() throws Exception {
        documents(ACME, "letters", 60);
        RecordingContext lost = RecordingContext.first(ACME);
        RecordingContext next = lost.next();
        EmbeddingResult result = handler.handle(collection("letters"), lost);
        List<String> before = embeddings();

        EmbeddingResult again = handler.handle(collection("letters"), next);

        assertThat(again).isEqualTo(result);
        assertThat(next.items).isEqualTo(lost.items);
        assertThat(embeddings()).isEqualTo(before);
    }

    @Test
    void textsAreStoredAsDocumentsAndEmbedded() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);
        String longText = "A sentence that is repeated until the text is long. ".repeat(150);

        EmbeddingResult result = handler.handle(texts("one", longText, "three"), context);

        assertThat(result.collection()).isEqualTo("default");
        assertThat(result.embeddingsCreated()).isEqualTo(10);
        assertThat(strings("SELECT name || ' ' || chunk_count FROM documents ORDER BY position"))
                .containsExactly("text 1 1", "text 2 8", "text 3 1");
        assertThat(context.items.values())
                .containsExactly(
                        ItemOutcome.succeeded(0, "text 1"),
                        ItemOutcome.succeeded(1, "text 2"),
                        ItemOutcome.succeeded(2, "text 3"));
    }

    @Test
    void aRepeatedAttemptOnTextsStoresAndEmbedsNothingTwice() throws Exception {
        RecordingContext first = RecordingContext.first(ACME);
        EmbeddingInput input = texts("one", "\u2003", "three");
        EmbeddingResult result = handler.handle(input, first);
        List<String> before = embeddings();

        EmbeddingResult again = handler.handle(input, first.next());

        assertThat(again).isEqualTo(result);
        assertThat(embeddings()).isEqualTo(before).hasSize(2);
        assertThat(result.errors()).isOne();
        assertThat(first.codeOf(1)).isEqualTo("no_text_found");
    }

    @Test
    void whatCannotBeStoredIsReplaced() throws Exception {
        handler.handle(texts("a\u0000b\uD800c"), RecordingContext.first(ACME));

        assertThat(strings("SELECT text FROM document_chunks")).containsExactly("a\uFFFDb\uFFFDc");
    }

    @Test
    void aRerunOfFailedItemsDoesJustThese() throws Exception {
        EmbeddingInput input = texts("one", "two", "three");
        RecordingContext rerun = RecordingContext.first(ACME).selecting(List.of(new SelectedItem(1, "text 2")));

        EmbeddingResult result = handler.handle(input, rerun);

        assertThat(result.embeddingsCreated()).isOne();
        assertThat(rerun.items.values()).containsExactly(ItemOutcome.succeeded(1, "text 2"));
        assertThat(strings("SELECT text FROM document_chunks")).containsExactly("two");
    }

    @Test
    void aRerunOfFailedDocumentsOfACollectionFindsThemByName() throws Exception {
        documents(ACME, "letters", 5);
        documents(ACME, "letters", 5);
        RecordingContext rerun = RecordingContext.first(ACME)
                .selecting(List.of(new SelectedItem(3, "document 3"), new SelectedItem(8, "gone")));

        EmbeddingResult result = handler.handle(collection("letters"), rerun);

        assertThat(result.embeddingsCreated()).isEqualTo(2);
        assertThat(result.errors()).isOne();
        assertThat(rerun.codeOf(3)).isEqualTo("none");
        assertThat(rerun.codeOf(8)).isEqualTo("document_not_found");
    }

    @Test
    void anUnknownCollectionFailsForGood() {
        documents(new TenantId("somebody-else"), "theirs", 1);

        assertThatThrownBy(() -> handler.handle(collection("theirs"), RecordingContext.first(ACME)))
                .isInstanceOfSatisfying(JobFailedException.class, e -> {
                    assertThat(e.failure().code()).isEqualTo("collection_not_found");
                    assertThat(e.failure().retryable()).isFalse();
                });
    }

    @Test
    void aDocumentThatGoesMeanwhileIsAnItemError() throws Exception {
        documents(ACME, "letters", 50);
        jdbi.useHandle(handle -> handle.execute("""
                CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    DELETE FROM documents WHERE name = 'document 40';
                    RETURN NULL;
                END $$;
                CREATE TRIGGER meanwhile AFTER INSERT ON embeddings FOR EACH STATEMENT EXECUTE FUNCTION meanwhile()"""));
        try {
            RecordingContext context = RecordingContext.first(ACME);

            EmbeddingResult result = handler.handle(collection("letters"), context);

            assertThat(result.embeddingsCreated()).isEqualTo(49);
            assertThat(result.errors()).isOne();
            assertThat(context.items).hasSize(50);
            assertThat(context.codeOf(40)).isEqualTo("document_changed");
        } finally {
            jdbi.useHandle(handle -> handle.execute("DROP TRIGGER meanwhile ON embeddings; DROP FUNCTION meanwhile()"));
        }
    }

    @Test
    void aVectorIsOnlyStoredForTheTextItWasMadeOf() throws Exception {
        documents(ACME, "letters", 3);
        EmbeddingStore store = new EmbeddingStore(jdbi, EmbeddingModel.NAME);
        List<UUID> ids = strings("SELECT id FROM documents ORDER BY id").stream()
                .map(UUID::fromString)
                .toList();
        List<Pending> chunks = store.pending(ids, ChunkKey.FIRST, 10);
        List<float[]> vectors = MODEL.embed(chunks.stream().map(Pending::text).toList());
        jdbi.useHandle(handle -> {
            handle.execute("DELETE FROM documents WHERE id = ?", ids.get(0));
            handle.execute("UPDATE document_chunks SET text = 'another' WHERE document_id = ?", ids.get(2));
        });

        assertThat(store.save(JobId.next(), chunks, vectors)).containsExactly(new Embedded(ids.get(1), true));
        assertThat(store.save(JobId.next(), chunks, vectors)).containsExactly(new Embedded(ids.get(1), false));
    }

    @Test
    void aDocumentWithManyChunksIsEmbeddedInBatches() throws Exception {
        documents(ACME, "letters", 2);
        TextDocuments documents = new TextDocuments(jdbi);
        String text = IntStream.range(0, 900)
                .mapToObj(i -> "Sentence number " + i + " of a long document, which goes on for a while.")
                .collect(Collectors.joining(" "));
        assertThat(documents.store(ACME, JobId.next(), "letters", List.of(new Text(0, "long", text))))
                .isEmpty();
        int chunks = Integer.parseInt(
                strings("SELECT sum(chunk_count) FROM documents").get(0));
        RecordingContext context = RecordingContext.first(ACME);

        EmbeddingResult result = handler.handle(collection("letters"), context);

        assertThat(chunks).isGreaterThan(50);
        assertThat(result.embeddingsCreated()).isEqualTo(chunks);
        assertThat(context.progress).startsWith("0/" + chunks, "32/" + chunks).endsWith(chunks + "/" + chunks);
        assertThat(context.items).hasSize(3);
    }

    @Test
    void theContractOfHandlersIsKept() {
        CarnelianTestKit kit = CarnelianTestKit.of(handler).counting(new WrittenRows(jdbi, "embeddings"), 0);

        kit.verify("{\"texts\": [\"Apples grow on trees.\", \"\\u2003\", \"Trains run on rails.\"]}");
        kit.verify(tenant -> {
            documents(tenant, "letters", 40);
            return "{\"collection\": \"letters\"}";
        });
    }

    @Test
    void anAttemptThatIsToldToStopEndsWithinABatch() {
        documents(ACME, "letters", 2_000);
        RecordingContext context = RecordingContext.first(ACME);
        CompletableFuture<Object> ended = new CompletableFuture<>();
        Thread attempt = new Thread(() -> {
            try {
                ended.complete(handler.handle(collection("letters"), context));
            } catch (InterruptedException e) {
                ended.complete(e);
            }
        });
        attempt.start();
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .until(() -> !strings("SELECT model FROM embeddings LIMIT 1").isEmpty());

        attempt.interrupt();

        assertThat(ended).succeedsWithin(Duration.ofSeconds(3)).isInstanceOf(InterruptedException.class);
        assertThat(embeddings()).hasSizeLessThan(2_000);
    }

    @Test
    void vectorsGoWithTheirDocuments() throws Exception {
        handler.handle(texts("one"), RecordingContext.first(ACME));

        jdbi.useHandle(handle -> handle.execute("DELETE FROM documents"));

        assertThat(embeddings()).isEmpty();
    }

    @Test
    void withoutTheExtensionThereIsNoColumnForIt() throws Exception {
        jdbi.useHandle(handle -> VectorColumn.addIfPossible(handle.getConnection()));

        assertThat(strings("SELECT name FROM pg_available_extensions WHERE name = 'vector'"))
                .isEmpty();
        assertThat(strings("SELECT attname FROM pg_attribute WHERE attrelid = 'embeddings'::regclass"))
                .doesNotContain("embedding");
    }

    private static EmbeddingInput collection(String name) {
        return new EmbeddingInput(name, null, null);
    }

    private static EmbeddingInput texts(String... texts) {
        return new EmbeddingInput(null, List.of(texts), null);
    }

    private static void documents(TenantId tenant, String collection, int number) {
        List<Text> texts = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            texts.add(new Text(i, "document " + i, "This is the text of document number " + i));
        }
        assertThat(new TextDocuments(jdbi).store(tenant, JobId.next(), collection, texts))
                .isEmpty();
    }

    /** Each row with its time and the transaction that wrote it, so that a second writing shows. */
    private static List<String> embeddings() {
        return strings("""
                SELECT document_id || ' ' || ordinal || ' ' || created_at || ' ' || xmin || ' ' || md5(vector::text)
                FROM embeddings ORDER BY document_id, ordinal""");
    }

    private static List<String> strings(String sql) {
        return jdbi.withHandle(
                handle -> handle.createQuery(sql).mapTo(String.class).list());
    }
}
