package dev.carnelian.embedding;

import dev.carnelian.embedding.EmbeddingStore.ChunkKey;
import dev.carnelian.embedding.EmbeddingStore.Embedded;
import dev.carnelian.embedding.EmbeddingStore.Pending;
import dev.carnelian.embedding.EmbeddingStore.Standing;
import dev.carnelian.job.JobContext;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Embeds, for one attempt, what documents still lack, batch by batch: while one is stored, the model is at the next. A
 * cancelled attempt ends before its next batch, or when it is interrupted in one. Used by one thread.
 */
final class Pass {
    /** Chunks for each of the model's threads: a fraction of a second of work. */
    private static final int BATCH_OF_A_THREAD = 16;

    private static final int LARGEST_BATCH = 256;

    private final EmbeddingStore store;
    private final EmbeddingModel model;
    private final JobContext context;
    private final Tally tally;
    private final int batch;
    private final Deque<Flight> flights = new ArrayDeque<>();

    /** Chunks whose vectors are being made. */
    private record Flight(List<Pending> chunks, EmbeddingModel.Batch batch) {}

    Pass(EmbeddingStore store, EmbeddingModel model, JobContext context, Tally tally) {
        this.store = store;
        this.model = model;
        this.context = context;
        this.tally = tally;
        this.batch = Math.min(LARGEST_BATCH, model.threads() * BATCH_OF_A_THREAD);
    }

    /**
     * Gives every chunk of the documents a vector, unless it has one.
     *
     * @return the documents that were deleted or stored anew meanwhile, so that chunks may lack theirs
     */
    Set<UUID> embed(List<Standing> documents) throws InterruptedException {
        Map<UUID, Integer> missing = new LinkedHashMap<>();
        for (Standing document : documents) {
            tally.created(document.mine());
            tally.skipped(document.embedded() - document.mine());
            if (document.embedded() < document.chunks()) {
                missing.put(document.id(), document.chunks() - document.embedded());
            }
        }
        tally.report(context);
        try {
            for (List<UUID> group : groups(missing)) {
                embed(group, missing);
            }
            while (!flights.isEmpty()) {
                land(missing);
            }
        } finally {
            flights.forEach(flight -> flight.batch().close());
            flights.clear();
        }
        missing.values().removeIf(chunks -> chunks <= 0);
        return missing.keySet();
    }

    /** The documents in groups, each just enough for a batch: small ones are embedded together. */
    private List<List<UUID>> groups(Map<UUID, Integer> missing) {
        List<List<UUID>> groups = new ArrayList<>();
        int chunks = batch;
        for (Map.Entry<UUID, Integer> document : missing.entrySet()) {
            if (chunks >= batch) {
                groups.add(new ArrayList<>());
                chunks = 0;
            }
            groups.get(groups.size() - 1).add(document.getKey());
            chunks += document.getValue();
        }
        return groups;
    }

    private void embed(List<UUID> group, Map<UUID, Integer> missing) throws InterruptedException {
        List<Pending> chunks = next(group, ChunkKey.FIRST);
        while (!chunks.isEmpty()) {
            List<String> texts = chunks.stream().map(Pending::text).toList();
            flights.add(new Flight(chunks, model.begin(texts)));
            if (flights.size() > 1) {
                land(missing);
            }
            chunks = next(group, chunks.get(chunks.size() - 1).key());
        }
    }

    /** Stores the vectors of the batch that was begun first. */
    private void land(Map<UUID, Integer> missing) throws InterruptedException {
        Flight flight = flights.element();
        List<float[]> vectors = flight.batch().vectors();
        for (Embedded chunk : store.save(context.jobId(), flight.chunks(), vectors)) {
            tally.created(chunk.created() ? 1 : 0);
            tally.skipped(chunk.created() ? 0 : 1);
            missing.merge(chunk.document(), -1, Integer::sum);
        }
        flights.remove();
        tally.report(context);
    }

    private List<Pending> next(List<UUID> group, ChunkKey after) {
        context.throwIfCancelled();
        return store.pending(group, after, batch);
    }
}
