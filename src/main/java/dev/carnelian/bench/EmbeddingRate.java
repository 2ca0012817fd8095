package dev.carnelian.bench;

import dev.carnelian.database.Migrations;
import dev.carnelian.document.TextDocuments;
import dev.carnelian.embedding.BatchEmbeddingHandler;
import dev.carnelian.embedding.EmbeddingModel;
import dev.carnelian.job.JobId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;

/**
 * How many chunks a second a {@code batch_embedding} job gives vectors to, from its submission to its end, and how many
 * texts the same model embeds when it is just called; by turns on the same texts, in this process.
 */
final class EmbeddingRate {
    static final String PRODUCT = "embedding, batch_embedding";
    static final String MODEL = "embedding, the model alone";

    /** Paragraphs of licences, in the jar of ONNX Runtime. */
    private static final String TEXTS = "/ThirdPartyNotices.txt";

    private static final int SHORTEST = 40;
    private static final int LONGEST = 1_000;
    private static final int TURNS = 2;
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    private final int texts;

    /**
     * @param texts in each turn
     */
    EmbeddingRate(int texts) {
        this.texts = texts;
    }

    void run(Server server, Figures figures) throws IOException, SQLException, InterruptedException {
        String url = server.freshDatabase();
        Migrations.apply(Sql.source(url));
        try (EmbeddingModel model = new EmbeddingModel(Runtime.getRuntime().availableProcessors());
                ProductNode node = new ProductNode(url, 1, jdbi -> new BatchEmbeddingHandler(jdbi, model));
                Connection connection = Sql.source(url).getConnection()) {
            List<String> paragraphs = paragraphs(texts * (TURNS + 1));
            long alone = 0;
            long product = 0;
            // The first turn warms up and does not count.
            for (int turn = 0; turn <= TURNS; turn++) {
                List<String> slice = paragraphs.subList(texts * turn, texts * (turn + 1));
                String collection = "turn" + turn;
                store(url, collection, slice);
                long start = System.nanoTime();
                call(model, slice);
                long between = System.nanoTime();
                job(node, connection, collection);
                alone += turn == 0 ? 0 : between - start;
                product += turn == 0 ? 0 : System.nanoTime() - between;
            }
            confirm(connection);
            figures.add(MODEL, 1e9 * texts * TURNS / alone, "texts/s");
            figures.add(PRODUCT, 1e9 * texts * TURNS / product, "chunks/s");
        }
    }

    private static List<String> paragraphs(int number) throws IOException {
        try (InputStream in = EmbeddingRate.class.getResourceAsStream(TEXTS)) {
            String all = new String(Objects.requireNonNull(in, TEXTS).readAllBytes(), StandardCharsets.UTF_8);
            return Stream.of(all.split("\\R\\h*\\R"))
                    .map(String::strip)
                    .filter(text -> text.length() >= SHORTEST && text.length() <= LONGEST)
                    .limit(number)
                    .toList();
        }
    }

    private static void store(String url, String collection, List<String> slice) {
        List<TextDocuments.Text> documents = new ArrayList<>();
        for (String text : slice) {
            documents.add(new TextDocuments.Text(documents.size(), collection, text));
        }
        Jdbi jdbi = Jdbi.create(Sql.source(url)).installPlugin(new PostgresPlugin());
        var unused = new TextDocuments(jdbi).store(Product.TENANT, JobId.next(), collection, documents);
    }

    private static void call(EmbeddingModel model, List<String> slice) throws InterruptedException {
        if (model.embed(slice).size() != slice.size()) {
            throw new IllegalStateException("embedding: a text has no vector");
        }
    }

    private static void job(ProductNode node, Connection connection, String collection)
            throws SQLException, InterruptedException {
        var unused = node.queue()
                .enqueue(Product.newJob(BatchEmbeddingHandler.TYPE, "{\"collection\": \"" + collection + "\"}"));
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (Sql.number(connection, "SELECT count(*) FROM jobs WHERE final_status IS NULL") > 0) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("embedding: the job does not end");
            }
            Thread.sleep(2);
        }
    }

    private void confirm(Connection connection) throws SQLException {
        long vectors = Sql.number(connection, "SELECT count(*) FROM embeddings");
        int chunks = texts * (TURNS + 1);
        if (vectors != chunks) {
            throw new IllegalStateException("of " + chunks + " chunks " + vectors + " have a vector");
        }
    }
}
