package dev.carnelian.crawl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.job.RecordingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
        // At each page one host waits for the other: whoever was to come after the other would never come.
        CyclicBarrier both = new CyclicBarrier(2);
        try (Site other = new Site()) {
            for (Site each : List.of(site, other)) {
                for (int page = 0; page < 5; page++) {
                    byte[] body = ("page " + page + " <a href=/" + (page + 1) + ">n</a>").getBytes(UTF_8);
                    each.on("/" + page, exchange -> Site.send(exchange, meet(both) ? 200 : 500, "text/html", body));
                }
            }

            CrawlResult result =
                    CRAWLS.crawl(with(CrawlFixture.input("hosts", site.url("/0"), other.url("/0")), 10, 300));

            assertThat(result.pagesCrawled()).isEqualTo(10);
            assertThat(site.hits()).hasSize(6);
            assertThat(other.hits()).hasSize(6);
        }
    }

    private static boolean meet(CyclicBarrier both) {
        try {
            int unused = both.await(10, TimeUnit.SECONDS);
            return true;
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            return false;
        }
    }

    @Test
    void whoeverAsksForFewerRequestsIsAskedLater() throws Exception {
        site.page("/", "root <a href=/busy>b</a>").on("/busy", exchange -> {
            boolean second = site.visited().stream().filter("/busy"::equals).count() == 2;
            exchange.getResponseHeaders().set("Retry-After", "1");
            Site.send(exchange, second ? 200 : 429, "text/plain", "words".getBytes(UTF_8));
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
