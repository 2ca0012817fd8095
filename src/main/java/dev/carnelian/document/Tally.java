package dev.carnelian.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.SelectedItem;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of a job's documents so far, by their positions. All counters are taken from it, so a document that an
 * earlier attempt finished counts once. Stored documents are known from the database, failed ones from the checkpoint.
 */
final class Tally {
    private static final Logger LOG = LoggerFactory.getLogger(Tally.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TypeReference<TreeMap<Integer, DocumentError>> FAILED = new TypeReference<>() {};

    private final Map<Integer, Document.Stored> stored = new TreeMap<>();
    private final Map<Integer, DocumentError> failed = new TreeMap<>();

    /** Takes up what earlier attempts did. */
    Tally(List<Document.Stored> documents, String checkpoint) {
        failed.putAll(failures(checkpoint));
        documents.forEach(this::succeeded);
    }

    private static Map<Integer, DocumentError> failures(String checkpoint) {
        if (checkpoint.isEmpty()) {
            return Map.of();
        }
        try {
            return JSON.readValue(checkpoint, FAILED);
        } catch (JsonProcessingException e) {
            LOG.warn("the checkpoint of another version cannot be read; documents that failed are tried again", e);
            return Map.of();
        }
    }

    boolean has(int position) {
        return stored.containsKey(position) || failed.containsKey(position);
    }

    void succeeded(Document.Stored document) {
        stored.put(document.position(), document);
        failed.remove(document.position());
    }

    void failed(int position, DocumentError error) {
        failed.put(position, error);
    }

    /** What the next attempt must know of the failed documents; 1,000 of them are some 40 KB. */
    String checkpoint() {
        try {
            return JSON.writeValueAsString(failed);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of numbers and names is always JSON", e);
        }
    }

    ItemOutcome outcome(SelectedItem item) {
        DocumentError error = failed.get(item.position());
        return error == null
                ? ItemOutcome.succeeded(item.position(), item.name())
                : ItemOutcome.failed(item.position(), item.name(), error.failure());
    }

    DocumentsResult result(String collection) {
        Collection<Document.Stored> documents = stored.values();
        Map<String, Integer> languages = new TreeMap<>();
        documents.forEach(document -> {
            if (document.language() != null) {
                languages.merge(document.language(), 1, Integer::sum);
            }
        });
        return new DocumentsResult(
                stored.size(),
                failed.size(),
                documents.stream().mapToLong(Document.Stored::chunkCount).sum(),
                documents.stream().mapToLong(Document.Stored::characters).sum(),
                documents.stream().mapToLong(Document.Stored::bytes).sum(),
                collection,
                languages);
    }
}
