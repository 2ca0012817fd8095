package dev.carnelian.document;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A document to be stored.
 *
 * @param bytes the size of the document as it came
 * @param language ISO 639-3, null when the text does not tell
 */
record Document(
        Key key,
        String collection,
        String name,
        long bytes,
        Extracted extracted,
        @Nullable String language,
        List<Chunk> chunks) {
    Document {
        chunks = List.copyOf(chunks);
    }

    /** What a document is stored under: its place in the input of a job. */
    record Key(TenantId tenant, JobId job, int position) {}

    /** What a job counts of a document that is stored. */
    record Stored(
            int position,
            long bytes,
            int characters,
            int chunkCount,
            @Nullable String language) {}
}
