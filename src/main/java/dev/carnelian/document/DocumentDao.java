package dev.carnelian.document;

import java.util.List;
import java.util.UUID;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.BatchChunkSize;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** The statements against {@code documents} and {@code document_chunks}. */
interface DocumentDao {
    /** A repeated attempt finds its own row and writes it again. */
    @SqlQuery("""
            INSERT INTO documents (id, tenant_id, collection, job_id, position, name, media_type, language, metadata,
                bytes, characters, truncated, chunk_count)
            VALUES (:id, :tenantId, :collection, :jobId, :position, :name, :mediaType, :language,
                CAST(:metadata AS jsonb), :bytes, :characters, :truncated, :chunkCount)
            ON CONFLICT ON CONSTRAINT job_stores_each_of_its_documents_once DO UPDATE SET
                collection = excluded.collection, name = excluded.name, media_type = excluded.media_type,
                language = excluded.language, metadata = excluded.metadata, bytes = excluded.bytes,
                characters = excluded.characters, truncated = excluded.truncated, chunk_count = excluded.chunk_count
            RETURNING id
            """)
    UUID save(@BindMethods DocumentRow row);

    @SqlUpdate("DELETE FROM document_chunks WHERE document_id = :document")
    void deleteChunks(UUID document);

    @SqlBatch("""
            INSERT INTO document_chunks (document_id, ordinal, text_start, text_end, text)
            VALUES (:document, :ordinal, :start, :end, :text)
            """)
    @BatchChunkSize(500)
    void insertChunks(UUID document, List<Integer> ordinal, @BindMethods List<Chunk> chunks);

    @SqlQuery("""
            SELECT position, bytes, characters, chunk_count, language
            FROM documents
            WHERE tenant_id = :tenantId AND job_id = :jobId
            """)
    @RegisterConstructorMapper(Document.Stored.class)
    List<Document.Stored> ofJob(String tenantId, UUID jobId);
}
