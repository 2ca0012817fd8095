package dev.carnelian.document;

import dev.carnelian.document.DocumentsInput.Source;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobType.Limits;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.job.TenantId;
import dev.carnelian.net.BlockedTargetException;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.TargetChecks;
import dev.carnelian.storage.FileStore;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/**
 * Reads documents, tells their language, splits them into chunks and stores them. A document that cannot be read is an
 * error of that item; the job goes on. A repeated attempt leaves out what is done, and writes what is not to the same
 * rows, so it is safe at any point.
 */
public final class DocumentProcessingHandler implements JobHandler<DocumentsInput, DocumentsResult> {
    /** The type it serves. */
    public static final JobType<DocumentsInput, DocumentsResult> TYPE = new JobType<>(
            "document_processing",
            "Reads text, metadata and language from documents, splits the text into chunks and stores both",
            DocumentsInput.class,
            DocumentsResult.class,
            new Limits(Limits.standard().maxAttempts(), Limits.standard().backoff(), Duration.ofHours(1)));

    private final DocumentReader reader;
    private final DocumentFetcher fetcher;
    private final DocumentStore store;
    private final Documents documents;

    /**
     * @param extractor shared by all jobs of this node; not closed here
     * @param client likewise
     */
    public DocumentProcessingHandler(
            Jdbi jdbi, FileStore files, Extractor extractor, OutboundClient client, Documents documents) {
        this.fetcher = new DocumentFetcher(client, extractor.maxBytes());
        this.reader = new DocumentReader(files, extractor, fetcher);
        this.store = new DocumentStore(jdbi);
        this.documents = documents;
    }

    @Override
    public JobType<DocumentsInput, DocumentsResult> type() {
        return TYPE;
    }

    @Override
    public void check(DocumentsInput input) {
        TargetChecks targets = fetcher.checks();
        for (int position = 0; position < input.documents().size(); position++) {
            String url = input.documents().get(position).url();
            if (url != null) {
                check(targets, url, position);
            }
        }
    }

    private static void check(TargetChecks targets, String url, int position) {
        try {
            var unused = targets.check(url);
        } catch (BlockedTargetException e) {
            throw new InputRefusedException(
                    e.code(), "documents[" + position + "].url", String.valueOf(e.getMessage()));
        }
    }

    @Override
    public DocumentsResult handle(DocumentsInput input, JobContext context) throws InterruptedException, IOException {
        Optional<List<SelectedItem>> selected = context.selected();
        int total = selected.map(List::size).orElse(input.documents().size());
        Tally tally = new Tally(
                store.ofJob(context.tenant(), context.jobId()),
                context.checkpoint().orElse(""));
        for (int i = 0; i < total; i++) {
            context.throwIfCancelled();
            SelectedItem item = selected.isPresent() ? selected.get().get(i) : item(input, i, context.tenant());
            if (!tally.has(item.position())) {
                process(input, item, context, tally);
            }
            context.item(tally.outcome(item));
            context.progress(i + 1, total);
        }
        return tally.result(input.collectionOrDefault());
    }

    private SelectedItem item(DocumentsInput input, int position, TenantId tenant) {
        return new SelectedItem(position, reader.name(input.documents().get(position), position, tenant));
    }

    private void process(DocumentsInput input, SelectedItem item, JobContext context, Tally tally)
            throws InterruptedException, IOException {
        context.message("reading " + item.name());
        Document.Key key = new Document.Key(context.tenant(), context.jobId(), item.position());
        try {
            tally.succeeded(store.save(read(input, key, item.name())));
        } catch (DocumentException e) {
            tally.failed(item.position(), e.error());
            context.checkpoint(tally.checkpoint());
        }
    }

    private Document read(DocumentsInput input, Document.Key key, String name)
            throws DocumentException, InterruptedException, IOException {
        if (key.position() >= input.documents().size()) {
            throw new DocumentException(DocumentError.ITEM_NOT_FOUND);
        }
        Source source = input.documents().get(key.position());
        DocumentReader.Content content = reader.read(source, name, key.tenant());
        return documents
                .of(
                        new Documents.Origin(key, input.collectionOrDefault(), name, content.bytes()),
                        content.extracted(),
                        new Documents.Chunks(input.sizeOrDefault(), input.overlapOrDefault()))
                .orElseThrow(() -> new DocumentException(DocumentError.NO_TEXT_FOUND));
    }
}
