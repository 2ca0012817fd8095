package dev.carnelian.embedding;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carnelian.job.JobContext;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a job has counted so far, with what its earlier attempts counted. */
final class Tally {
    private static final Logger LOG = LoggerFactory.getLogger(Tally.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private long created;
    private long skipped;
    private int errors;
    private long total;

    /**
     * What the next attempt goes on from. Without it the attempt would find the same by looking at all documents again.
     *
     * @param after the last document that is done
     * @param documents how many are done
     */
    record Checkpoint(UUID after, int documents, long created, long skipped, int errors) {
        static final Checkpoint START = new Checkpoint(new UUID(0, 0), 0, 0, 0, 0);

        static Checkpoint of(JobContext context) {
            return context.checkpoint().map(Checkpoint::read).orElse(START);
        }

        private static Checkpoint read(String text) {
            try {
                return JSON.readValue(text, Checkpoint.class);
            } catch (JsonProcessingException e) {
                LOG.warn("the checkpoint of another version cannot be read; all documents are looked at again", e);
                return START;
            }
        }

        String text() {
            try {
                return JSON.writeValueAsString(this);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("an id and numbers are always JSON", e);
            }
        }
    }

    Tally(Checkpoint from) {
        created = from.created();
        skipped = from.skipped();
        errors = from.errors();
        total = created + skipped;
    }

    /** So many chunks altogether are to be looked at. */
    void expect(long chunks) {
        total = Math.max(total, chunks);
    }

    void created(int chunks) {
        created += chunks;
    }

    void skipped(int chunks) {
        skipped += chunks;
    }

    void failed() {
        errors++;
    }

    long done() {
        return created + skipped;
    }

    void report(JobContext context) {
        expect(done());
        if (total > 0) {
            context.progress(bounded(done()), bounded(total));
        }
    }

    private static int bounded(long chunks) {
        return (int) Math.min(Integer.MAX_VALUE, chunks);
    }

    Checkpoint checkpoint(UUID after, int documents) {
        return new Checkpoint(after, documents, created, skipped, errors);
    }

    EmbeddingResult result(String collection) {
        return new EmbeddingResult(
                created, skipped, errors, EmbeddingModel.DIMENSIONS, EmbeddingModel.NAME, collection);
    }
}
