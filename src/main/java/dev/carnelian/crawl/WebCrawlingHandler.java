package dev.carnelian.crawl;

import dev.carnelian.crawl.FrontierDao.Seed;
import dev.carnelian.document.Documents;
import dev.carnelian.document.Extractor;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobType.Limits;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.net.BlockedTargetException;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.OutboundLimits;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/**
 * Follows links from the start addresses, keeps the text of the pages as documents, and asks in later crawls only for
 * what has changed. An address that cannot be read is an error of that item; the job goes on. What was done is known
 * from the database, so a repeated attempt fetches no page again that an earlier one has finished.
 */
public final class WebCrawlingHandler implements JobHandler<CrawlInput, CrawlResult> {
    /** The type it serves. */
    public static final JobType<CrawlInput, CrawlResult> TYPE = new JobType<>(
            "web_crawling",
            "Follows links from start addresses, politely, and stores the text of the pages as documents",
            CrawlInput.class,
            CrawlResult.class,
            new Limits(Limits.standard().maxAttempts(), Limits.standard().backoff(), Duration.ofHours(12)));

    /** Addresses known for each page that is fetched; the others would hardly come to their turn. */
    private static final int KNOWN_FOR_A_PAGE = 10;

    private static final int LEAST_KNOWN = 10_000;
    private static final int MOST_KNOWN = 500_000;
    /** Names that resolve slowly are checked when they are asked. */
    private static final Duration LONGEST_CHECK = Duration.ofSeconds(3);

    private final Jdbi jdbi;
    private final Visitor.Parts visiting;
    private final PageReader.Parts reading;
    private final Addresses addresses = new Addresses();

    /**
     * @param client shared by all jobs of this node; not closed here
     * @param extractor reads what is not HTML; shared and not closed here
     */
    public WebCrawlingHandler(
            Jdbi jdbi,
            OutboundClient client,
            Extractor extractor,
            Documents documents,
            CrawlConfiguration configuration) {
        this(jdbi, client, Visitor.LIMITS, extractor, documents, configuration);
    }

    /**
     * The same with other limits.
     *
     * @param limits of the request for a page
     */
    WebCrawlingHandler(
            Jdbi jdbi,
            OutboundClient client,
            OutboundLimits limits,
            Extractor extractor,
            Documents documents,
            CrawlConfiguration configuration) {
        this.jdbi = jdbi;
        Bodies bodies = new Bodies();
        this.visiting = new Visitor.Parts(client, limits, configuration, new HostGate(jdbi), bodies);
        this.reading = new PageReader.Parts(extractor, documents, bodies);
    }

    @Override
    public JobType<CrawlInput, CrawlResult> type() {
        return TYPE;
    }

    @Override
    public void check(CrawlInput input) {
        long endsAt = System.nanoTime() + LONGEST_CHECK.toNanos();
        for (int i = 0; i < input.startUrls().size() && System.nanoTime() < endsAt; i++) {
            String field = "startUrls[" + i + "]";
            String url = addresses
                    .normal(input.startUrls().get(i))
                    .orElseThrow(() -> new InputRefusedException(
                            "validation_failed", field, "must be an http or https address that can be asked for"));
            try {
                visiting.client().check(URI.create(url));
            } catch (BlockedTargetException e) {
                throw new InputRefusedException(e.code(), field, String.valueOf(e.getMessage()));
            }
        }
    }

    @Override
    public CrawlResult handle(CrawlInput input, JobContext context) throws InterruptedException {
        Optional<List<SelectedItem>> selected = context.selected();
        List<Seed> seeds = selected.map(items -> seeds(items, context)).orElseGet(() -> seeds(input));
        int mostPages = selected.isPresent() ? Math.max(1, seeds.size()) : input.pages();
        Frontier frontier = Frontier.open(jdbi, context, seeds, mostKnown(seeds, mostPages));
        Counts before = frontier.counts(input.collectionOrDefault());
        frontier.forEachOutcome(context::item);

        Pages pages = new Pages(jdbi, context.tenant(), input.collectionOrDefault());
        Ledger.Limits limits = new Ledger.Limits(
                selected.isPresent() ? 0 : input.depth(), selected.isEmpty() && input.readsSitemaps());
        Ledger ledger = new Ledger(frontier, pages, new Scope(input), addresses, limits);
        PageReader reader = new PageReader(reading, addresses, context, input.collectionOrDefault());
        Visitor visitor = new Visitor(visiting, pages, reader, input.delay());
        new Crawl(
                        new Crawl.Parts(frontier, ledger, visitor),
                        context,
                        mostPages,
                        visiting.configuration().threads())
                .run(before);
        return frontier.counts(input.collectionOrDefault()).result();
    }

    private List<Seed> seeds(CrawlInput input) {
        List<String> urls = input.startUrls().stream()
                .flatMap(url -> addresses.normal(url).stream())
                .distinct()
                .toList();
        List<Seed> seeds = new ArrayList<>();
        urls.forEach(url -> seeds.add(new Seed(seeds.size(), url, Addresses.host(url))));
        return seeds;
    }

    private List<Seed> seeds(List<SelectedItem> items, JobContext context) {
        List<Seed> seeds = new ArrayList<>();
        for (SelectedItem item : items) {
            Optional<String> url = addresses.normal(item.name());
            url.ifPresentOrElse(
                    normal -> seeds.add(new Seed(item.position(), normal, Addresses.host(normal))),
                    () -> context.item(
                            ItemOutcome.failed(item.position(), item.name(), CrawlError.INVALID_URL.failure())));
        }
        return seeds;
    }

    private static int mostKnown(List<Seed> seeds, int mostPages) {
        int known = Math.min(MOST_KNOWN, Math.max(LEAST_KNOWN, mostPages * KNOWN_FOR_A_PAGE));
        return known + seeds.stream().mapToInt(Seed::position).max().orElse(0);
    }

    /** Deletes what is left of crawls whose jobs have ended; for the housekeeping of a node. */
    public static int deleteEnded(Jdbi jdbi, int batch) {
        return Frontier.deleteEnded(jdbi, batch);
    }

    /** Deletes hosts that nobody has asked for an hour; for the housekeeping of a node. */
    public static int deleteOldHosts(Jdbi jdbi, int batch) {
        return new HostGate(jdbi).deleteOld(batch);
    }
}
