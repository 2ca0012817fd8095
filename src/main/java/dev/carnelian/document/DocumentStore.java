package dev.carnelian.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.f4b6a3.uuid.UuidCreator;
import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Jdbi;

/** Documents with their chunks. Thread-safe. */
final class DocumentStore {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Jdbi jdbi;

    DocumentStore(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Stores a document and all its chunks, in place of what an earlier attempt stored under the same key. */
    Document.Stored save(Document document) {
        DocumentRow row = DocumentRow.of(UuidCreator.getTimeOrderedEpochPlus1(), document);
        List<Integer> ordinals =
                IntStream.range(0, document.chunks().size()).boxed().toList();
        jdbi.useTransaction(transaction -> {
            DocumentDao documents = transaction.attach(DocumentDao.class);
            UUID id = documents.save(row);
            documents.deleteChunks(id);
            documents.insertChunks(id, ordinals, document.chunks());
        });
        return new Document.Stored(row.position(), row.bytes(), row.characters(), row.chunkCount(), row.language());
    }

    /** The documents of a job that are stored already. */
    List<Document.Stored> ofJob(TenantId tenant, JobId job) {
        return jdbi.withExtension(DocumentDao.class, documents -> documents.ofJob(tenant.value(), job.value()));
    }

    static String json(Map<String, String> metadata) {
        try {
            return JSON.writeValueAsString(metadata);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of strings is always JSON", e);
        }
    }
}
