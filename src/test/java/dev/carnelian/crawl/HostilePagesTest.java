package dev.carnelian.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.net.LoopbackServer;
import dev.carnelian.net.OutboundLimits;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What is out there: none of it may be more than the error of an item, or make a crawl go on for ever. */
class HostilePagesTest {
    @AutoClose
    private static final CrawlFixture CRAWLS = new CrawlFixture();

    private static final int MEGABYTE = 1 << 20;

    @AutoClose
    private final Site site = new Site();

    @Test
    void bodiesWithoutEndAreErrorsOfTheirItems() throws Exception {
        byte[] zeros = new byte[MEGABYTE];
        byte[] bomb = Bytes.gzip(zeros, 300);
        site.page("/", "root <a href=/endless>e</a><a href=/bomb>b</a><a href=/fine>f</a>")
                .on("/endless", exchange -> endless(exchange, zeros))
                .on("/bomb", exchange -> {
                    exchange.getResponseHeaders().set("Content-Encoding", "gzip");
                    Site.send(exchange, 200, "text/html", bomb);
                })
                .page("/fine", "fine");
        RecordingContext context = CRAWLS.context();

        CrawlResult result = CRAWLS.handler.handle(CrawlFixture.input("endless", site.url("/")), context);

        assertThat(result.pagesCrawled()).isEqualTo(2);
        assertThat(CrawlFixture.outcomes(context))
                .containsEntry(site.url("/endless"), "too_large")
                .containsEntry(site.url("/bomb"), "too_large")
                .containsEntry(site.url("/fine"), "ok");
    }

    @Test
    void pagesThatDripCostNoMoreThanTheirTime() throws Exception {
        Duration most = Duration.ofSeconds(2);
        OutboundLimits limits =
                new OutboundLimits(Duration.ofSeconds(10), Duration.ofSeconds(20), most, Bodies.LARGEST, 0);
        // More of them than a host may leave unanswered: this one answers, if slowly.
        List<String> drips = IntStream.range(0, 8).mapToObj(i -> "drip" + i).toList();
        site.page("/", "root " + links(drips.toArray(String[]::new)) + links("last"))
                .page("/last", "last");
        drips.forEach(name -> site.on("/" + name, HostilePagesTest::drip));
        RecordingContext context = CRAWLS.context();

        CrawlResult result = CRAWLS.handler(4, limits).handle(CrawlFixture.input("drips", site.url("/")), context);

        assertThat(result.pagesCrawled()).isEqualTo(2);
        Map<String, String> outcomes = CrawlFixture.outcomes(context);
        assertThat(outcomes).hasSize(10).containsEntry(site.url("/last"), "ok");
        assertThat(drips).allSatisfy(name -> assertThat(outcomes).containsEntry(site.url("/" + name), "timed_out"));
        assertThat(site.counts()).allSatisfy((path, times) -> assertThat(times).isOne());
    }

    /** A byte at a time, with no end before the crawler leaves. */
    private static void drip(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/html");
        exchange.sendResponseHeaders(200, 0);
        OutputStream body = exchange.getResponseBody();
        for (int i = 0; i < 1_000; i++) {
            body.write('a');
            body.flush();
            LoopbackServer.pause(20);
        }
    }

    private static void endless(HttpExchange exchange, byte[] piece) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/html");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            for (int i = 0; i < 300; i++) {
                body.write(piece);
            }
        }
    }

    @Test
    void aPageOfMillionsOfTagsIsReadAsFarAsItGoes() throws Exception {
        site.html("/", "<body><p>the beginning</p>" + "<p>".repeat(3_000_000));

        CrawlResult result = CRAWLS.crawl(CrawlFixture.input("tags", site.url("/")));

        assertThat(result.documents()).isOne();
        assertThat(CRAWLS.text("tags", site.url("/"))).isEqualTo("the beginning");
    }

    @Test
    void whatTakesTheSquareOfItsLengthElsewhereIsReadInTime() throws Exception {
        String spaces = " ".repeat(9 * MEGABYTE);
        site.text("/robots.txt", "User-agent: *\nDisallow: /" + "*a".repeat(100) + "*b$\n")
                .html(
                        "/",
                        "<body>root <a href='/" + "a".repeat(1_500) + "'>a</a> <a href=/pre>p</a> <a href=/meta>m</a>")
                .html("/pre", "<pre>begin" + spaces + "end</pre>")
                .html("/meta", "<meta name=robots content='" + "a ".repeat(4 * MEGABYTE) + "'><body>meta")
                .page("/" + "a".repeat(1_500), "long");
        RecordingContext context = CRAWLS.context();
        long start = System.nanoTime();

        CrawlResult result = CRAWLS.handler.handle(CrawlFixture.input("squares", site.url("/")), context);

        assertThat(result.documents()).isEqualTo(4);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void nestingWithoutEndIsRead() throws Exception {
        site.html("/", "<body>" + "<div><b><font size=1>".repeat(50_000) + "deep");

        assertThat(CRAWLS.crawl(CrawlFixture.input("deep", site.url("/"))).errors())
                .isZero();
    }

    @Test
    void redirectsThatGoRoundInCirclesEnd() throws Exception {
        site.page("/", "root <a href=/self>s</a><a href=/ping>p</a><a href=/hop0>h</a>")
                .redirect("/self", "/self")
                .redirect("/ping", "/pong")
                .redirect("/pong", "/ping");
        IntStream.range(0, 20).forEach(i -> site.redirect("/hop" + i, "/hop" + (i + 1)));
        RecordingContext context = CRAWLS.context();

        CRAWLS.handler.handle(CrawlFixture.input("circles", site.url("/")), context);

        assertThat(CrawlFixture.outcomes(context))
                .isEqualTo(Map.of(
                        site.url("/"), "ok",
                        site.url("/self"), "too_many_redirects",
                        site.url("/ping"), "too_many_redirects",
                        site.url("/hop0"), "too_many_redirects"));
        assertThat(site.visited()).hasSize(1 + 1 + 2 + 6);
    }

    @Test
    void aCalendarAndAddressesThatGrowEndTheCrawl() throws Exception {
        site.on("*", exchange -> {
            String path = exchange.getRequestURI().toString();
            String body = "<body>" + path + " <a href='" + (path.equals("/") ? "" : path) + "/deeper'>d</a>"
                    + "<a href='/day?y=1&m=2&d=" + path.hashCode() + "&a=1&b=1&c=1&e=1&f=1&g=1'>many</a>"
                    + "<a href='/" + "x".repeat(2_100) + "'>long</a>";
            Site.send(exchange, 200, "text/html", body.getBytes(StandardCharsets.UTF_8));
        });
        site.text("/robots.txt", "");

        CrawlResult result = CRAWLS.crawl(CrawlFixture.input("trap", 1_000, 100, site.url("/")));

        assertThat(result.pagesCrawled()).isEqualTo(4);
    }

    @Test
    void textIsReadInWhateverEncodingItIsWritten() throws Exception {
        String german = "Gr\u00fc\u00dfe aus K\u00f6ln";
        String japanese = "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c";
        site.page("/", "root " + links("header", "meta", "bom", "lie", "odd"))
                .on("/header", exchange -> send(exchange, "text/html; charset=ISO-8859-1", german, "ISO-8859-1"))
                .on(
                        "/meta",
                        exchange ->
                                send(exchange, "text/html", "<meta charset=shift_jis><body>" + japanese, "Shift_JIS"))
                .on(
                        "/bom",
                        exchange -> send(exchange, "text/html; charset=ISO-8859-1", "\ufeff" + japanese + "!", "UTF-8"))
                .on("/lie", exchange -> send(exchange, "text/html; charset=utf-8", german, "ISO-8859-1"))
                .on("/odd", exchange -> send(exchange, "text/html; charset=\"no such; thing\"", german + "!", "UTF-8"));

        CrawlResult result = CRAWLS.crawl(CrawlFixture.input("charsets", site.url("/")));

        assertThat(result.errors()).isZero();
        assertThat(CRAWLS.text("charsets", site.url("/header"))).isEqualTo(german);
        assertThat(CRAWLS.text("charsets", site.url("/meta"))).isEqualTo(japanese);
        assertThat(CRAWLS.text("charsets", site.url("/bom"))).isEqualTo(japanese + "!");
        assertThat(CRAWLS.text("charsets", site.url("/lie"))).startsWith("Gr");
        assertThat(CRAWLS.text("charsets", site.url("/odd"))).isEqualTo(german + "!");
    }

    @Test
    void brokenPagesAreReadAsFarAsTheyGo() throws Exception {
        site.page("/", "root " + links("nul", "half", "empty", "binary", "pdf", "picture", "drip"))
                .html("/nul", "<title>\u0000t</title><body>a\u0000b</bod")
                .html("/half", "<p>half <b>a tag<i>and <table><td>cell<!-- no end")
                .html("/empty", "")
                .on("/binary", exchange -> Site.send(exchange, 200, "application/octet-stream", new byte[5_000]))
                .on(
                        "/pdf",
                        exchange -> Site.send(
                                exchange, 200, "application/pdf", "%PDF-1.7 broken".getBytes(StandardCharsets.UTF_8)))
                .on("/picture", exchange -> Site.send(exchange, 200, "image/png", new byte[10]))
                .on("/drip", exchange -> {
                    exchange.sendResponseHeaders(200, 1_000);
                    exchange.getResponseBody().write("too little".getBytes(StandardCharsets.UTF_8));
                });
        RecordingContext context = CRAWLS.context();

        CRAWLS.handler.handle(CrawlFixture.input("broken", site.url("/")), context);

        assertThat(CrawlFixture.outcomes(context))
                .containsEntry(site.url("/nul"), "ok")
                .containsEntry(site.url("/half"), "ok")
                .containsEntry(site.url("/empty"), "ok")
                .containsEntry(site.url("/pdf"), "document_unreadable")
                .containsEntry(site.url("/picture"), "unsupported_media_type")
                .containsEntry(site.url("/drip"), "connection_lost");
        assertThat(Objects.requireNonNull(CrawlFixture.outcomes(context).get(site.url("/binary"))))
                .isIn("unsupported_media_type", "no_text_found");
        assertThat(CRAWLS.text("broken", site.url("/nul"))).matches("a.?b");
        assertThat(CRAWLS.text("broken", site.url("/half"))).contains("half a tagand", "cell");
    }

    @Test
    void aHostThatDoesNotAnswerIsGivenUp() throws Exception {
        int port = site.port();
        site.close();
        String[] urls = IntStream.range(0, 8)
                .mapToObj(i -> "http://127.0.0.1:" + port + "/" + i)
                .toArray(String[]::new);
        RecordingContext context = CRAWLS.context();

        CRAWLS.handler.handle(CrawlFixture.input("dead", urls), context);

        assertThat(CrawlFixture.outcomes(context).values()).hasSize(8).containsOnly("host_unreachable");
    }

    @Test
    void hostileSitemapsAreLeftOut() throws Exception {
        String bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
                + "<!ENTITY b '" + "&a;".repeat(20) + "'><!ENTITY c '" + "&b;".repeat(20) + "'>"
                + "<!ENTITY f SYSTEM '" + site.url("/leak") + "'>]>"
                + "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
                + "<url><loc>" + site.url("/") + "&f;" + "&c;".repeat(100_000) + "</loc></url></urlset>";
        site.text("/robots.txt", "Sitemap: /1.xml\nSitemap: " + site.url("/2.xml") + "\nSitemap: " + site.url("/3.gz"))
                .text("/1.xml", "no sitemap at all")
                .on("/2.xml", exchange -> Site.send(exchange, 200, "text/xml", bomb.getBytes(StandardCharsets.UTF_8)))
                .on(
                        "/3.gz",
                        exchange -> Site.send(exchange, 200, "application/gzip", Bytes.gzip(new byte[MEGABYTE], 300)))
                .page("/", "root");

        CrawlResult result =
                CRAWLS.crawl(new CrawlInput(List.of(site.url("/")), null, null, null, null, null, true, "bad-maps", 0));

        assertThat(result.pagesCrawled()).isOne();
        assertThat(result.errors()).isZero();
        assertThat(site.counts()).doesNotContainKey("/leak");
    }

    private static String links(String... names) {
        return List.of(names).stream()
                .map(name -> "<a href='/" + name + "'>" + name + "</a>")
                .collect(Collectors.joining(" "));
    }

    private static void send(HttpExchange exchange, String type, String text, String charset) throws IOException {
        Site.send(exchange, 200, type, text.getBytes(Charset.forName(charset)));
    }
}
