package dev.carnelian.document;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Jdbi;

/**
 * Stores plain texts as documents of other types of jobs: in one chunk, or in several of up to 1,000 characters where a
 * text is longer. Their language is not told. Thread-safe.
 */
public final class TextDocuments {
    private final DocumentStore store;
    private final Chunker chunker = new Chunker(DocumentsInput.DEFAULT_SIZE, 0);

    public TextDocuments(Jdbi jdbi) {
        this.store = new DocumentStore(jdbi);
    }

    /**
     * A text.
     *
     * @param position its place in the input of the job
     * @param name what to call the document
     * @param text what PostgreSQL cannot store of it is replaced
     */
    public record Text(int position, String name, String text) {}

    /** The positions of the documents that the job has stored already. */
    public Set<Integer> stored(TenantId tenant, JobId job) {
        return store.ofJob(tenant, job).stream().map(Document.Stored::position).collect(Collectors.toSet());
    }

    /**
     * Stores all of them or, when that fails, none. One that is stored already is replaced.
     *
     * @return the positions of those that have nothing but white space; they are not stored
     */
    public Set<Integer> store(TenantId tenant, JobId job, String collection, List<Text> texts) {
        List<Document> documents = new ArrayList<>();
        Set<Integer> blank = new HashSet<>();
        for (Text text : texts) {
            Document document = document(new Document.Key(tenant, job, text.position()), collection, text);
            if (document.chunks().isEmpty()) {
                blank.add(text.position());
            } else {
                documents.add(document);
            }
        }
        store.saveAll(documents);
        return blank;
    }

    private Document document(Document.Key key, String collection, Text text) {
        String storable = CleanText.storable(text.text());
        return new Document(
                key,
                collection,
                text.name(),
                storable.getBytes(StandardCharsets.UTF_8).length,
                new Extracted("text/plain", Map.of(), storable, false),
                null,
                chunker.split(storable));
    }
}
