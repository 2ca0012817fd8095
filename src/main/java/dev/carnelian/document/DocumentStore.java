package dev.carnelian.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.f4b6a3.uuid.UuidCreator;
import dev.carnelian.document.Document.Stored;
import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Documents with their chunks. Thread-safe. */
public final class DocumentStore {
    private static final int BATCH = 500;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Jdbi jdbi;

    public DocumentStore(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Stores a document and all its chunks, in place of what an earlier attempt stored under the same key. */
    Stored save(Document document) {
        saveAll(List.of(document));
        return new Stored(
                document.key().position(),
                document.bytes(),
                document.extracted().text().length(),
                document.chunks().size(),
                document.language());
    }

    /** Does so with several in one transaction. */
    void saveAll(List<Document> documents) {
        jdbi.useTransaction(transaction -> documents.forEach(document -> save(transaction, document)));
    }

    /** The same within the caller's transaction; answers the id under which the document is kept. */
    public UUID save(Handle transaction, Document document) {
        UUID id = upsert(transaction, document);
        transaction.execute("DELETE FROM document_chunks WHERE document_id = ?", id);
        insert(transaction, id, document.chunks());
        return id;
    }

    /** Deletes a document with all that belongs to it, within the caller's transaction. */
    public void delete(Handle transaction, UUID id) {
        transaction.execute("DELETE FROM documents WHERE id = ?", id);
    }

    private static UUID upsert(Handle transaction, Document document) {
        Document.Key key = document.key();
        Extracted extracted = document.extracted();
        return transaction
                .createQuery("""
                        INSERT INTO documents (id, tenant_id, collection, job_id, position, name, media_type, language,
                            metadata, bytes, characters, truncated, chunk_count)
                        VALUES (:id, :tenant, :collection, :job, :position, :name, :mediaType, :language,
                            CAST(:metadata AS jsonb), :bytes, :characters, :truncated, :chunks)
                        ON CONFLICT ON CONSTRAINT job_stores_each_of_its_documents_once DO UPDATE SET
                            collection = excluded.collection, name = excluded.name, media_type = excluded.media_type,
                            language = excluded.language, metadata = excluded.metadata, bytes = excluded.bytes,
                            characters = excluded.characters, truncated = excluded.truncated,
                            chunk_count = excluded.chunk_count
                        RETURNING id""")
                .bind("id", UuidCreator.getTimeOrderedEpochPlus1())
                .bind("tenant", key.tenant().value())
                .bind("collection", document.collection())
                .bind("job", key.job().value())
                .bind("position", key.position())
                .bind("name", document.name())
                .bind("mediaType", extracted.mediaType())
                .bind("language", document.language())
                .bind("metadata", json(extracted.metadata()))
                .bind("bytes", document.bytes())
                .bind("characters", extracted.text().length())
                .bind("truncated", extracted.truncated())
                .bind("chunks", document.chunks().size())
                .mapTo(UUID.class)
                .one();
    }

    private static void insert(Handle transaction, UUID document, List<Chunk> chunks) {
        PreparedBatch batch = transaction.prepareBatch("""
                INSERT INTO document_chunks (document_id, ordinal, text_start, text_end, text)
                VALUES (?, ?, ?, ?, ?)""");
        for (int ordinal = 0; ordinal < chunks.size(); ordinal++) {
            Chunk chunk = chunks.get(ordinal);
            batch.add(document, ordinal, chunk.start(), chunk.end(), chunk.text());
            if (batch.size() == BATCH) {
                batch.execute();
            }
        }
        if (batch.size() > 0) {
            batch.execute();
        }
    }

    /** The documents of a job that are stored already. */
    List<Stored> ofJob(TenantId tenant, JobId job) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT position, bytes, characters, chunk_count, language
                        FROM documents
                        WHERE tenant_id = :tenant AND job_id = :job""")
                .bind("tenant", tenant.value())
                .bind("job", job.value())
                .map((row, context) -> new Stored(
                        row.getInt("position"),
                        row.getLong("bytes"),
                        row.getInt("characters"),
                        row.getInt("chunk_count"),
                        row.getString("language")))
                .list());
    }

    private static String json(Map<String, String> metadata) {
        try {
            return JSON.writeValueAsString(metadata);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of strings is always JSON", e);
        }
    }
}
