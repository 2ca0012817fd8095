package dev.carnelian.crawl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.SelectedItem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class WebCrawlingHandlerTest {
    @AutoClose
    private static final CrawlFixture CRAWLS = new CrawlFixture();

    @AutoClose
    private final Site site = new Site();

    @Test
    void pagesAreFoundByTheirLinksAndStored() throws Exception {
        site.page("/", "<p>Welcome.</p> <a href='a.html#x'>a</a> <a href='/b.html?utm_source=x'>b</a>")
                .page("/a.html", "<p>Alpha</p><a href='/'>home</a><a href='c.html'>c</a>")
                .page(
                        "/b.html",
                        "<p>Beta</p><a href='mailto:x@y.z'>m</a><a href='javascript:void(0)'>j</a>"
                                + "<a href='data:text/html,x'>d</a><a href='http://127.0.0.1:1/'>elsewhere</a>")
                .page("/c.html", "<p>Gamma</p>");
        RecordingContext context = CRAWLS.context();

        CrawlResult result = CRAWLS.handler.handle(CrawlFixture.input("links", site.url("/")), context);

        assertThat(result.pagesCrawled()).isEqualTo(4);
        assertThat(result.documents()).isEqualTo(4);
        assertThat(result.errors()).isZero();
        assertThat(result.collection()).isEqualTo("links");
        assertThat(site.visited()).containsExactly("/", "/a.html", "/b.html", "/c.html");
        assertThat(CrawlFixture.outcomes(context))
                .isEqualTo(Map.of(
                        site.url("/"), "ok",
                        site.url("/a.html"), "ok",
                        site.url("/b.html"), "ok",
                        site.url("/c.html"), "ok"));
        assertThat(CRAWLS.text("links", site.url("/c.html"))).isEqualTo("Gamma");
        assertThat(CRAWLS.one("SELECT metadata ->> 'title' FROM documents WHERE name = ?", site.url("/c.html")))
                .isEqualTo("Page /c.html");
        assertThat(context.progress.get(context.progress.size() - 1)).isEqualTo("4/4");
    }

    @Test
    void depthPagesAndPatternsBoundTheCrawl() throws Exception {
        site.page("/", "root <a href=/in/1>1</a><a href=/in/2>2</a><a href=/out/3>3</a><a href=/in/no>4</a>")
                .page("/in/1", "one <a href=/in/11>11</a>")
                .page("/in/2", "two <a href=/in/22>22</a>")
                .page("/in/11", "eleven <a href=/in/111>111</a>")
                .page("/in/22", "twenty-two");

        CRAWLS.crawl(CrawlFixture.input("depth", 100, 0, site.url("/")));
        assertThat(site.visited()).containsExactly("/");
        site.forgetHits();
        CRAWLS.crawl(CrawlFixture.input("pages", 2, 10, site.url("/")));
        assertThat(site.visited()).hasSize(2);
        site.forgetHits();
        CRAWLS.crawl(new CrawlInput(
                List.of(site.url("/")), 100, 2, null, List.of("*/in/*"), List.of("*/no", "*/2*"), null, "both", 0));
        assertThat(site.visited()).containsExactly("/", "/in/1", "/in/11");
    }

    @Test
    void robotsTxtAndThePagesOwnWordAreMinded() throws Exception {
        site.text("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: carnelian\nDisallow: /private\n")
                .page(
                        "/",
                        "root <a href=/private/1>1</a><a href=/secret>s</a><a href=/last>l</a>"
                                + "<a rel=nofollow href=/unloved>u</a>")
                .html("/secret", "<meta name=robots content='noindex'><body>secret <a href=/beyond>b</a>")
                .html("/last", "<meta name=ROBOTS content='NOFOLLOW'><body>last <a href=/never>n</a>")
                .page("/beyond", "beyond");
        RecordingContext context = CRAWLS.context();

        CrawlResult result = CRAWLS.handler.handle(CrawlFixture.input("robots", site.url("/")), context);

        assertThat(site.visited()).containsExactly("/", "/beyond", "/last", "/secret");
        assertThat(site.counts()).containsEntry("/robots.txt", 1);
        assertThat(result.skippedByRobots()).isEqualTo(2);
        assertThat(result.pagesCrawled()).isEqualTo(3);
        assertThat(result.errors()).isZero();
        assertThat(CRAWLS.text("robots", site.url("/secret"))).isNull();
    }

    @Test
    void nothingIsReadWhileRobotsTxtCannotBeHad() throws Exception {
        site.status("/robots.txt", 500).page("/", "root");
        RecordingContext context = CRAWLS.context();

        CrawlResult result = CRAWLS.handler.handle(CrawlFixture.input("deferred", site.url("/")), context);

        assertThat(result.errors()).isOne();
        assertThat(context.codeOf(0)).isEqualTo("robots_unavailable");
        assertThat(site.visited()).isEmpty();
        assertThat(site.counts()).containsEntry("/robots.txt", 3);
    }

    @Test
    void sitemapsAreReadIfAskedFor() throws Exception {
        String index = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
                + "<sitemap><loc>%s</loc></sitemap><sitemap><loc>http://127.0.0.1:1/map.xml</loc></sitemap>"
                + "</sitemapindex>";
        String map = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>%s</loc></url>"
                + "<url><loc>http://127.0.0.1:1/x</loc></url></urlset>";
        site.text("/robots.txt", "Sitemap: " + site.url("/index.xml") + "\n")
                .on(
                        "/index.xml",
                        exchange -> Site.send(
                                exchange,
                                200,
                                "application/xml",
                                index.formatted(site.url("/map.xml.gz")).getBytes(StandardCharsets.UTF_8)))
                .on(
                        "/map.xml.gz",
                        exchange -> Site.send(
                                exchange, 200, "application/gzip", Bytes.gzip(map.formatted(site.url("/hidden")))))
                .page("/", "root")
                .page("/hidden", "hidden");

        CRAWLS.crawl(CrawlFixture.input("no-map", site.url("/")));
        assertThat(site.visited()).containsExactly("/");
        site.forgetHits();
        CrawlResult result =
                CRAWLS.crawl(new CrawlInput(List.of(site.url("/")), null, null, null, null, null, true, "map", 0));

        assertThat(site.visited()).containsExactly("/", "/hidden", "/index.xml", "/map.xml.gz");
        assertThat(result.pagesCrawled()).isEqualTo(2);
        assertThat(result.errors()).isZero();
    }

    @Test
    void aSitemapMayListVeryMany() throws Exception {
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < 12_000; i++) {
            map.append(site.url("/page")).append(i).append('\n');
        }
        site.text("/robots.txt", "Sitemap: " + site.url("/map.txt"))
                .text("/map.txt", map.toString())
                .page("/", "root");
        RecordingContext context = CRAWLS.context();
        CrawlInput input = new CrawlInput(List.of(site.url("/")), 3, null, null, null, null, true, "many", 0);

        CrawlResult result = CRAWLS.handler.handle(input, context);

        assertThat(result.pagesCrawled() + result.errors()).isEqualTo(3);
        assertThat(CRAWLS.all(
                        "SELECT position::text FROM crawl_frontier WHERE job_id = ?",
                        context.jobId().value()))
                .hasSize(10_000)
                .doesNotHaveDuplicates();
    }

    @Test
    void aPageIsStoredOnceHoweverManyAddressesItHas() throws Exception {
        site.page("/", "root <a href=/a>a</a><a href=/b>b</a><a href=/c>c</a><a href=/moved>m</a>")
                .html("/a", "<title>same</title><body>the same")
                .html("/b", "<title>same</title><body>the  same")
                .html("/c", "<title>c</title><link rel=canonical href=/><body>the root with a twist")
                .redirect("/moved", "/a");

        CrawlResult result = CRAWLS.crawl(CrawlFixture.input("twins", site.url("/")));

        assertThat(result.documents()).isEqualTo(2);
        assertThat(result.duplicates()).isEqualTo(3);
        assertThat(result.pagesCrawled()).isEqualTo(5);
        assertThat(result.errors()).isZero();
    }

    @Test
    void aRedirectIsFollowedUnderTheNameOfItsBeginning() throws Exception {
        site.redirect("/", "/start/")
                .page("/start/", "start <a href=next>n</a>")
                .redirect("/start/next", "/404");
        RecordingContext context = CRAWLS.context();

        CRAWLS.handler.handle(CrawlFixture.input("moved", site.url("/")), context);

        assertThat(CrawlFixture.outcomes(context))
                .isEqualTo(Map.of(site.url("/"), "ok", site.url("/start/next"), "not_found"));
        assertThat(CRAWLS.text("moved", site.url("/start/"))).isEqualTo("start n");
    }

    @Test
    void theNextCrawlAsksOnlyForWhatHasChanged() throws Exception {
        site.on("/", exchange -> {
                    boolean known = "\"v1\"".equals(exchange.getRequestHeaders().getFirst("If-None-Match"));
                    exchange.getResponseHeaders().set("ETag", "\"v1\"");
                    byte[] page = "<title>t</title><body>root <a href=/plain>p</a><a href=/new>n</a><a href=/gone>g</a>"
                            .getBytes(StandardCharsets.UTF_8);
                    Site.send(exchange, known ? 304 : 200, "text/html", known ? new byte[0] : page);
                })
                .page("/plain", "plain")
                .page("/new", "old words")
                .page("/gone", "soon gone");
        CrawlResult first = CRAWLS.crawl(CrawlFixture.input("again", site.url("/")));
        String kept = "SELECT id::text FROM documents WHERE collection = 'again' AND name = ?";
        String root = CRAWLS.one(kept, site.url("/"));
        String plain = CRAWLS.one(kept, site.url("/plain"));
        site.page("/new", "new words").status("/gone", 410);

        CrawlResult second = CRAWLS.crawl(CrawlFixture.input("again", site.url("/")));

        assertThat(first.documents()).isEqualTo(4);
        assertThat(second.pagesCrawled()).isEqualTo(3);
        assertThat(second.unchanged()).isEqualTo(2);
        assertThat(second.documents()).isOne();
        assertThat(second.errors()).isOne();
        assertThat(CRAWLS.one(kept, site.url("/"))).isNotNull().isEqualTo(root);
        assertThat(CRAWLS.one(kept, site.url("/plain"))).isNotNull().isEqualTo(plain);
        assertThat(CRAWLS.text("again", site.url("/new"))).isEqualTo("new words");
        assertThat(CRAWLS.text("again", site.url("/gone"))).isNull();
        assertThat(CRAWLS.all("SELECT name FROM documents WHERE collection = 'again'"))
                .hasSize(3);
    }

    @Test
    void aDocumentThatWasDeletedIsFetchedAgainThoughItHasNotChanged() throws Exception {
        site.on("/", exchange -> {
            boolean known = exchange.getRequestHeaders().containsKey("If-None-Match");
            exchange.getResponseHeaders().set("ETag", "\"v1\"");
            Site.send(
                    exchange,
                    known ? 304 : 200,
                    "text/plain",
                    known ? new byte[0] : "words".getBytes(StandardCharsets.UTF_8));
        });
        CRAWLS.crawl(CrawlFixture.input("deleted", site.url("/")));
        CRAWLS.jdbi.useHandle(handle -> handle.execute("DELETE FROM documents WHERE collection = 'deleted'"));

        CrawlResult result = CRAWLS.crawl(CrawlFixture.input("deleted", site.url("/")));

        assertThat(result.documents()).isOne();
        assertThat(CRAWLS.text("deleted", site.url("/"))).isEqualTo("words");
    }

    @Test
    void anotherAttemptFetchesNothingThatIsDone() throws Exception {
        site.page("/", "root <a href=/1>1</a><a href=/2>2</a><a href=/3>3</a><a href=/404>4</a><a href=/5>5</a>")
                .page("/1", "one")
                .page("/2", "two")
                .page("/3", "three")
                .page("/5", "five <a href=/6>6</a>")
                .page("/6", "six");
        RecordingContext first = CRAWLS.context().cancelledAfter(3);
        assertThatThrownBy(() -> CRAWLS.handler.handle(CrawlFixture.input("resumed", site.url("/")), first))
                .isInstanceOf(JobCancelledException.class);
        int before = site.visited().size();
        RecordingContext second = first.next();

        CrawlResult result = CRAWLS.handler.handle(CrawlFixture.input("resumed", site.url("/")), second);

        assertThat(before).isLessThan(7);
        // What was in flight when the attempt ended was written all the same, or not at all.
        assertThat(site.visited())
                .containsOnly("/", "/1", "/2", "/3", "/404", "/5", "/6")
                .hasSizeLessThanOrEqualTo(11);
        assertThat(site.counts()).containsEntry("/", 1);
        assertThat(result.pagesCrawled()).isEqualTo(6);
        assertThat(result.errors()).isOne();
        assertThat(CrawlFixture.outcomes(second)).hasSize(7);
    }

    @Test
    void anAttemptThatWasReplacedWritesNothing() throws Exception {
        site.page("/", "root <a href=/1>1</a>").page("/1", "one");
        RecordingContext first = CRAWLS.context();
        RecordingContext second = first.next();
        Frontier early = Frontier.open(CRAWLS.jdbi, first, List.of(), 100);
        Frontier late = Frontier.open(CRAWLS.jdbi, second, List.of(), 100);

        assertThatThrownBy(() -> early.change(transaction -> "written")).isInstanceOf(JobCancelledException.class);
        assertThat(late.<String>change(transaction -> "written")).isEqualTo("written");
        assertThatThrownBy(() -> Frontier.open(CRAWLS.jdbi, first, List.of(), 100))
                .isInstanceOf(JobCancelledException.class);
    }

    @Test
    void aRerunOfFailedItemsFetchesJustThose() throws Exception {
        site.page("/a", "a <a href=/never>n</a>").redirect("/b", "/c").page("/c", "c");
        RecordingContext context = CRAWLS.context()
                .selecting(List.of(
                        new SelectedItem(7, site.url("/a")),
                        new SelectedItem(9, site.url("/b")),
                        new SelectedItem(12, "no address")));

        CrawlResult result = CRAWLS.handler.handle(CrawlFixture.input("rerun", site.url("/")), context);

        assertThat(site.visited()).containsExactly("/a", "/b", "/c");
        assertThat(result.pagesCrawled()).isEqualTo(2);
        assertThat(context.items.keySet()).containsExactly(7, 9, 12);
        assertThat(context.codeOf(9)).isEqualTo("none");
        assertThat(context.codeOf(12)).isEqualTo("invalid_url");
    }

    @Test
    void addressesThatMayNotBeReachedAreRefused() throws Exception {
        assertThatThrownBy(() -> CRAWLS.handler.check(CrawlFixture.input("x", site.url("/"), "http://10.0.0.1/")))
                .isInstanceOfSatisfying(InputRefusedException.class, refused -> {
                    assertThat(refused.code()).isEqualTo("blocked_target");
                    assertThat(refused.field()).isEqualTo("startUrls[1]");
                });
        site.redirect("/", "http://10.0.0.1/");
        RecordingContext context = CRAWLS.context();

        CRAWLS.handler.handle(CrawlFixture.input("blocked", site.url("/")), context);

        assertThat(context.codeOf(0)).isEqualTo("blocked_target");
    }

    @Test
    void crawlsOfEndedJobsAreForgotten() throws Exception {
        site.page("/", "root");
        RecordingContext context = CRAWLS.context();
        CRAWLS.handler.handle(CrawlFixture.input("ended", site.url("/")), context);

        int deleted = 0;
        for (int last = 1; last > 0; deleted += last) {
            last = WebCrawlingHandler.deleteEnded(CRAWLS.jdbi, 1_000);
        }

        assertThat(deleted).isPositive();
        assertThat(CRAWLS.all("SELECT job_id::text FROM crawls")).isEmpty();
        assertThat(CRAWLS.text("ended", site.url("/"))).isEqualTo("root");
    }
}
