package dev.carnelian.document;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A row of {@code documents}. */
record DocumentRow(
        UUID id,
        String tenantId,
        String collection,
        UUID jobId,
        int position,
        String name,
        String mediaType,
        @Nullable String language,
        String metadata,
        long bytes,
        int characters,
        boolean truncated,
        int chunkCount) {
    static DocumentRow of(UUID id, Document document) {
        Document.Key key = document.key();
        Extracted extracted = document.extracted();
        return new DocumentRow(
                id,
                key.tenant().value(),
                document.collection(),
                key.job().value(),
                key.position(),
                document.name(),
                extracted.mediaType(),
                document.language(),
                DocumentStore.json(extracted.metadata()),
                document.bytes(),
                extracted.text().length(),
                extracted.truncated(),
                document.chunks().size());
    }
}
