package dev.carnelian.embedding;

import dev.carnelian.document.TextDocuments;
import dev.carnelian.document.TextDocuments.Text;
import dev.carnelian.embedding.EmbeddingStore.Collection;
import dev.carnelian.embedding.EmbeddingStore.Extent;
import dev.carnelian.embedding.EmbeddingStore.Standing;
import dev.carnelian.embedding.Tally.Checkpoint;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobType.Limits;
import dev.carnelian.job.SelectedItem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Jdbi;

/**
 * Gives chunks of documents vectors by a sentence model that runs in this process. What has a vector is left out, so a
 * repeated attempt embeds no chunk twice, and is safe at any point.
 */
public final class BatchEmbeddingHandler implements JobHandler<EmbeddingInput, EmbeddingResult> {
    /** The type it serves. */
    public static final JobType<EmbeddingInput, EmbeddingResult> TYPE = new JobType<>(
            "batch_embedding",
            "Gives each chunk of a collection, or of texts of its own, a vector by a sentence model",
            EmbeddingInput.class,
            EmbeddingResult.class,
            new Limits(Limits.standard().maxAttempts(), Limits.standard().backoff(), Duration.ofHours(6)));

    private static final int PAGE = 200;
    /** From here on only documents that failed are items: a row for each of a million helps nobody. */
    private static final int MOST_ITEMS_THAT_SUCCEEDED = 10_000;

    private static final JobFailure CHANGED =
            JobFailure.retryable("document_changed", "the document was deleted or stored anew while it was embedded");
    private static final JobFailure NOT_FOUND =
            JobFailure.permanent("document_not_found", "the collection has no document of this name any more");
    private static final JobFailure NO_TEXT =
            JobFailure.permanent("no_text_found", "the text has nothing but white space");

    private final TextDocuments texts;
    private final EmbeddingStore store;
    private final EmbeddingModel model;

    /**
     * @param model shared by all jobs of this node; not closed here
     */
    public BatchEmbeddingHandler(Jdbi jdbi, EmbeddingModel model) {
        this.texts = new TextDocuments(jdbi);
        this.store = new EmbeddingStore(jdbi, EmbeddingModel.NAME);
        this.model = model;
    }

    @Override
    public JobType<EmbeddingInput, EmbeddingResult> type() {
        return TYPE;
    }

    @Override
    public EmbeddingResult handle(EmbeddingInput input, JobContext context) throws InterruptedException {
        Checkpoint from = Checkpoint.of(context);
        Tally tally = new Tally(from);
        Work work = new Work(
                new Collection(context.tenant(), input.collectionOrDefault()),
                context,
                tally,
                new Pass(store, model, context, tally));
        if (input.texts() != null) {
            texts(input.texts(), work);
        } else if (context.selected().isPresent()) {
            selected(context.selected().get(), work);
        } else {
            collection(from, work);
        }
        return tally.result(input.collectionOrDefault());
    }

    /** What one attempt works with. */
    private record Work(Collection collection, JobContext context, Tally tally, Pass pass) {
        void item(ItemOutcome outcome) {
            outcome.error().ifPresent(failure -> tally.failed());
            context.item(outcome);
        }

        void item(int position, String name, boolean changed) {
            item(changed ? ItemOutcome.failed(position, name, CHANGED) : ItemOutcome.succeeded(position, name));
        }
    }

    /** The whole collection as far as it reaches now, page by page. */
    private void collection(Checkpoint from, Work work) throws InterruptedException {
        Extent extent = store.extent(work.collection()).orElseThrow(() -> unknown(work.collection()));
        work.tally().expect(extent.chunks());
        UUID after = from.after();
        int position = from.documents();
        List<Standing> page;
        do {
            page = store.after(
                    after,
                    extent.last(),
                    work.collection(),
                    null,
                    work.context().jobId(),
                    PAGE);
            Set<UUID> changed = work.pass().embed(page);
            for (Standing document : page) {
                boolean failed = changed.contains(document.id());
                if (failed || position < MOST_ITEMS_THAT_SUCCEEDED) {
                    work.item(position, document.name(), failed);
                }
                position++;
                after = document.id();
            }
            work.context().checkpoint(work.tally().checkpoint(after, position).text());
        } while (page.size() == PAGE);
    }

    private static JobFailedException unknown(Collection collection) {
        return new JobFailedException(JobFailure.permanent(
                "collection_not_found", "there are no documents in the collection " + collection.name()));
    }

    /** The documents that a collection has under the names of these items. */
    private void selected(List<SelectedItem> items, Work work) throws InterruptedException {
        Extent extent = store.extent(work.collection()).orElseThrow(() -> unknown(work.collection()));
        for (SelectedItem item : items) {
            boolean found = false;
            boolean changed = false;
            UUID after = Checkpoint.START.after();
            List<Standing> page;
            do {
                page = store.after(
                        after,
                        extent.last(),
                        work.collection(),
                        item.name(),
                        work.context().jobId(),
                        PAGE);
                changed |= !work.pass().embed(page).isEmpty();
                found |= !page.isEmpty();
                after = page.isEmpty() ? after : page.get(page.size() - 1).id();
            } while (page.size() == PAGE);
            if (found) {
                work.item(item.position(), item.name(), changed);
            } else {
                work.item(ItemOutcome.failed(item.position(), item.name(), NOT_FOUND));
            }
        }
    }

    /** The texts of the input, stored first unless an earlier attempt did. */
    private void texts(List<String> input, Work work) throws InterruptedException {
        storeTexts(input, work);
        List<Standing> documents =
                store.ofJob(work.context().tenant(), work.context().jobId());
        work.tally().expect(documents.stream().mapToLong(Standing::chunks).sum());
        for (int from = 0; from < documents.size(); from += PAGE) {
            List<Standing> page = documents.subList(from, Math.min(documents.size(), from + PAGE));
            Set<UUID> changed = work.pass().embed(page);
            page.forEach(document -> work.item(document.position(), document.name(), changed.contains(document.id())));
        }
    }

    private void storeTexts(List<String> input, Work work) {
        JobContext context = work.context();
        Set<Integer> stored = texts.stored(context.tenant(), context.jobId());
        List<Text> missing = positions(input, context)
                .filter(position -> !stored.contains(position))
                .mapToObj(position -> new Text(position, nameOf(position), input.get(position)))
                .toList();
        for (int from = 0; from < missing.size(); from += PAGE) {
            context.throwIfCancelled();
            List<Text> page = new ArrayList<>(missing.subList(from, Math.min(missing.size(), from + PAGE)));
            texts.store(context.tenant(), context.jobId(), work.collection().name(), page)
                    .forEach(position -> work.item(ItemOutcome.failed(position, nameOf(position), NO_TEXT)));
        }
    }

    private static IntStream positions(List<String> input, JobContext context) {
        return context.selected()
                .map(items -> items.stream().mapToInt(SelectedItem::position))
                .orElse(IntStream.range(0, input.size()))
                .filter(position -> position < input.size());
    }

    private static String nameOf(int position) {
        return "text " + (position + 1);
    }
}
