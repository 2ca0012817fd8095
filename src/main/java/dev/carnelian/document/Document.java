package dev.carnelian.document;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A document to be stored: its text is split already. {@link Documents} makes them.
 *
 * @param bytes the size of the document as it came
 * @param language ISO 639-3, null when the text does not tell
 */
public record Document(
        Key key,
        String collection,
        String name,
        long bytes,
        Extracted extracted,
        @Nullable String language,
        List<Chunk> chunks) {
    public Document {
        chunks = List.copyOf(chunks);
    }

    /** What a document is stored under: its place in the input of a job. */
    public record Key(TenantId tenant, JobId job, int position) {}

    /** What a job counts of a document that is stored. */
    record Stored(
            int position,
            long bytes,
            int characters,
            int chunkCount,
            @Nullable String language) {}
}
