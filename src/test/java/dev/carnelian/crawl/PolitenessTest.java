package dev.carnelian.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.job.RecordingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class PolitenessTest {
    @AutoClose
    private static final CrawlFixture CRAWLS = new CrawlFixture();

    @AutoClose
    private final Site site = new Site();

    @Test
    void severalCrawlsOfAHostTakeTurns() throws Exception {
        links();
        ExecutorService nodes = Executors.newFixedThreadPool(3);
        List<CompletableFuture<CrawlResult>> crawls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            CrawlInput input = with(CrawlFixture.input("turns" + i, site.url("/")), 4, 120);
            WebCrawlingHandler node = CRAWLS.handler();
            RecordingContext context = CRAWLS.context();
            crawls.add(CompletableFuture.supplyAsync(() -> run(node, input, context), nodes));
        }
        int pages =
                crawls.stream().mapToInt(crawl -> crawl.join().pagesCrawled()).sum();
        nodes.shutdown();

        assertThat(pages).isEqualTo(12);
        assertThat(site.hits()).hasSize(15);
        assertThat(gaps()).allSatisfy(gap -> assertThat(gap).isGreaterThanOrEqualTo(Duration.ofMillis(115)));
    }

    @Test
    void robotsTxtMayAskForMore() throws Exception {
        links();
        site.text("/robots.txt", "User-agent: *\nCrawl-delay: 0.4\n");

        CrawlResult result = CRAWLS.crawl(with(CrawlFixture.input("delay", site.url("/")), 3, 0));

        assertThat(result.pagesCrawled()).isEqualTo(3);
        assertThat(gaps().subList(1, 3))
                .allSatisfy(gap -> assertThat(gap).isGreaterThanOrEqualTo(Duration.ofMillis(395)));
    }

    @Test
    void oneHostDoesNotWaitForAnother() throws Exception {
        links();
        try (Site other = new Site()) {
            for (int i = 0; i < 5; i++) {
                other.page("/" + i, "other " + i + (i < 4 ? " <a href=/" + (i + 1) + ">n</a>" : ""));
            }
            // The first page that is read takes a second, as languages are loaded for it: the next would not be known
            // in time.
            CRAWLS.crawl(CrawlFixture.input("first", other.url("/4")));
            other.forgetHits();

            CrawlResult result =
                    CRAWLS.crawl(with(CrawlFixture.input("hosts", site.url("/"), other.url("/0")), 10, 300));

            assertThat(result.pagesCrawled()).isEqualTo(10);
            assertThat(site.hits()).hasSize(6);
            assertThat(other.hits()).hasSize(6);
            // One after the other, the first of the one would come after the last of the other.
            assertThat(other.hits().get(2).at()).isLessThan(site.hits().get(5).at());
            assertThat(site.hits().get(2).at()).isLessThan(other.hits().get(5).at());
        }
    }

    @Test
    void whoeverAsksForFewerRequestsIsAskedLater() throws Exception {
        site.page("/", "root <a href=/busy>b</a>").on("/busy", exchange -> {
            boolean second = site.visited().stream().filter("/busy"::equals).count() == 2;
            exchange.getResponseHeaders().set("Retry-After", "1");
            Site.send(
                    exchange,
                    second ? 200 : 429,
                    "text/plain",
                    "words".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        });

        CrawlResult result = CRAWLS.crawl(CrawlFixture.input("busy", site.url("/")));

        assertThat(result.errors()).isZero();
        assertThat(gaps().get(2)).isGreaterThanOrEqualTo(Duration.ofMillis(995));
    }

    private void links() {
        StringBuilder links = new StringBuilder("root");
        for (int i = 0; i < 10; i++) {
            links.append(" <a href=/").append(i).append(">link</a>");
            site.page("/" + i, "page " + i);
        }
        site.page("/", links.toString());
    }

    private static CrawlInput with(CrawlInput input, int maxPages, int delayMs) {
        return new CrawlInput(input.startUrls(), maxPages, null, null, null, null, null, input.collection(), delayMs);
    }

    private static CrawlResult run(WebCrawlingHandler node, CrawlInput input, RecordingContext context) {
        try {
            return node.handle(input, context);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The times between one request and the next, as the site saw them. */
    private List<Duration> gaps() {
        List<Site.Hit> hits = site.hits();
        List<Duration> gaps = new ArrayList<>();
        for (int i = 1; i < hits.size(); i++) {
            gaps.add(Duration.ofNanos(hits.get(i).at() - hits.get(i - 1).at()));
        }
        return gaps;
    }
}
