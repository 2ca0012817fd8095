package dev.carnelian.embedding;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** The vectors of chunks, and the chunks that have none yet. All statements work on sets. Thread-safe. */
final class EmbeddingStore {
    private static final String COUNTED = """
            SELECT d.id, d.position, d.name, n.chunks, n.embedded, n.mine
            FROM documents AS d
            CROSS JOIN LATERAL (
                SELECT count(*) AS chunks, count(e.document_id) AS embedded, count(*) FILTER (WHERE e.job_id = :job) AS mine
                FROM document_chunks AS c
                LEFT JOIN embeddings AS e
                    ON (e.document_id, e.ordinal, e.model) = (c.document_id, c.ordinal, :model)
                WHERE c.document_id = d.id) AS n
            """;

    private final Jdbi jdbi;
    private final String model;

    /**
     * @param model whose vectors it is about
     */
    EmbeddingStore(Jdbi jdbi, String model) {
        this.jdbi = jdbi;
        this.model = model;
    }

    /** A tenant's documents that are kept together. */
    record Collection(TenantId tenant, String name) {}

    /**
     * A document, and how many of its chunks have a vector.
     *
     * @param position its place in the input of the job that stored it
     * @param mine those of the embedded ones that the asking job embedded
     */
    record Standing(UUID id, int position, String name, int chunks, int embedded, int mine) {}

    /** A chunk by its key; in the order of its document's id and its place there. */
    record ChunkKey(UUID document, int ordinal) {
        static final ChunkKey FIRST = new ChunkKey(new UUID(0, 0), -1);
    }

    /**
     * A chunk that has no vector.
     *
     * @param digest of the text, to see later whether it is still the same
     */
    record Pending(ChunkKey key, String text, String digest) {}

    /**
     * A chunk that has a vector now.
     *
     * @param created whether it was given this one, or had got one meanwhile
     */
    record Embedded(UUID document, boolean created) {}

    /** How far a collection reaches. */
    record Extent(UUID last, long chunks) {}

    /** The last document of a collection and the number of its chunks; empty if there are no documents. */
    Optional<Extent> extent(Collection collection) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT last.id, (
                            SELECT coalesce(sum(chunk_count), 0) FROM documents
                            WHERE tenant_id = :tenant AND collection = :collection) AS chunks
                        FROM (
                            SELECT id FROM documents WHERE tenant_id = :tenant AND collection = :collection
                            ORDER BY id DESC LIMIT 1) AS last""")
                .bind("tenant", collection.tenant().value())
                .bind("collection", collection.name())
                .map((row, context) -> new Extent(row.getObject("id", UUID.class), row.getLong("chunks")))
                .findOne());
    }

    /**
     * The next documents of a collection after one and up to another, in the order of their ids.
     *
     * @param name only those of this name, unless it is null
     */
    List<Standing> after(UUID document, UUID last, Collection collection, @Nullable String name, JobId job, int limit) {
        String sql = COUNTED + """
                WHERE d.tenant_id = :tenant AND d.collection = :collection AND d.id > :after AND d.id <= :last
                  AND (CAST(:name AS text) IS NULL OR d.name = :name)
                ORDER BY d.id LIMIT :limit""";
        return standings(
                sql,
                job,
                query -> query.bind("tenant", collection.tenant().value())
                        .bind("collection", collection.name())
                        .bind("after", document)
                        .bind("last", last)
                        .bind("name", name)
                        .bind("limit", limit));
    }

    /** The documents that a job stored, by their positions. */
    List<Standing> ofJob(TenantId tenant, JobId job) {
        String sql = COUNTED + "WHERE d.tenant_id = :tenant AND d.job_id = :job ORDER BY d.position";
        return standings(sql, job, query -> query.bind("tenant", tenant.value()));
    }

    private interface Binding {
        Query bind(Query query);
    }

    private List<Standing> standings(String sql, JobId job, Binding binding) {
        return jdbi.withHandle(handle -> binding.bind(handle.createQuery(sql))
                .bind("job", job.value())
                .bind("model", model)
                .map((row, context) -> new Standing(
                        row.getObject("id", UUID.class),
                        row.getInt("position"),
                        row.getString("name"),
                        row.getInt("chunks"),
                        row.getInt("embedded"),
                        row.getInt("mine")))
                .list());
    }

    /** The next chunks of these documents after one that have no vector, in the order of their keys. */
    List<Pending> pending(List<UUID> documents, ChunkKey after, int limit) {
        // Document by document, so that each takes no more from its index than it may give.
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT d.id, c.ordinal, c.text, md5(c.text) AS digest
                        FROM unnest(:documents) AS d (id)
                        CROSS JOIN LATERAL (
                            SELECT c.ordinal, c.text FROM document_chunks AS c
                            WHERE c.document_id = d.id
                              AND c.ordinal > CASE WHEN d.id = :document THEN :ordinal ELSE -1 END
                              AND NOT EXISTS (
                                SELECT FROM embeddings AS e
                                WHERE (e.document_id, e.ordinal, e.model) = (c.document_id, c.ordinal, :model))
                            ORDER BY c.ordinal LIMIT :limit) AS c
                        WHERE d.id >= :document
                        ORDER BY d.id, c.ordinal LIMIT :limit""")
                .bindArray("documents", UUID.class, documents)
                .bind("document", after.document())
                .bind("ordinal", after.ordinal())
                .bind("model", model)
                .bind("limit", limit)
                .map((row, context) -> new Pending(
                        new ChunkKey(row.getObject("id", UUID.class), row.getInt("ordinal")),
                        row.getString("text"),
                        row.getString("digest")))
                .list());
    }

    /**
     * Gives chunks their vectors. Left out is what is not there any more with the same text, and nothing is overwritten.
     *
     * @param vectors of the chunks, in their order
     */
    List<Embedded> save(JobId job, List<Pending> chunks, List<float[]> vectors) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        WITH given AS (
                            SELECT * FROM unnest(:documents, :ordinals, :digests)
                                WITH ORDINALITY AS g (document_id, ordinal, digest, n)
                        ), still AS MATERIALIZED (
                            SELECT c.document_id, c.ordinal, g.n
                            FROM given AS g JOIN document_chunks AS c USING (document_id, ordinal)
                            WHERE md5(c.text) = g.digest
                            ORDER BY c.document_id, c.ordinal FOR KEY SHARE OF c
                        ), created AS (
                            INSERT INTO embeddings (document_id, ordinal, model, dimensions, vector, job_id)
                            SELECT s.document_id, s.ordinal, :model, :dimensions,
                                v.floats[(s.n - 1) * :dimensions + 1 : s.n * :dimensions], :job
                            FROM still AS s CROSS JOIN (SELECT :vectors) AS v (floats)
                            ON CONFLICT DO NOTHING
                            RETURNING document_id, ordinal
                        )
                        SELECT s.document_id, c.ordinal IS NOT NULL AS created
                        FROM still AS s LEFT JOIN created AS c USING (document_id, ordinal)""")
                .bindArray(
                        "documents",
                        UUID.class,
                        each(chunks, chunk -> chunk.key().document()))
                .bindArray(
                        "ordinals",
                        Integer.class,
                        each(chunks, chunk -> chunk.key().ordinal()))
                .bindArray("digests", String.class, each(chunks, Pending::digest))
                .bindArray("vectors", Float.class, oneAfterTheOther(vectors))
                .bind("dimensions", vectors.get(0).length)
                .bind("model", model)
                .bind("job", job.value())
                .map((row, context) ->
                        new Embedded(row.getObject("document_id", UUID.class), row.getBoolean("created")))
                .list());
    }

    private static <T> List<T> each(List<Pending> chunks, Function<Pending, T> part) {
        return chunks.stream().map(part).toList();
    }

    private static List<Float> oneAfterTheOther(List<float[]> vectors) {
        List<Float> floats = new ArrayList<>();
        for (float[] vector : vectors) {
            for (float value : vector) {
                floats.add(value);
            }
        }
        return floats;
    }
}
