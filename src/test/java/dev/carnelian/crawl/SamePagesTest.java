package dev.carnelian.crawl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.Collections2;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.RecordingContext;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * Of pages that say the same, or of which one names another as its own address, one is kept, whichever is read first.
 * A crawl by one thread reads its start addresses in their order.
 */
class SamePagesTest {
    @AutoClose
    private static final CrawlFixture CRAWLS = new CrawlFixture();

    private final WebCrawlingHandler oneByOne = CRAWLS.handler(1, Visitor.LIMITS);

    @AutoClose
    private final Site site = new Site();

    private int collections;

    @Test
    void aPageGivesWayToTheTwinThatWasKeptForTheOneItNames() throws Exception {
        site.html("/a", "the same").html("/b", "the same");
        naming("/c", "/b", "almost the same");

        for (List<String> order : orders("/a", "/b", "/c")) {
            assertThat(kept(order)).as("%s", order).hasSize(1).doesNotContain("/c");
        }
    }

    @Test
    void aPageGivesWayToTheOneItNamesThoughThatSaysTheSame() throws Exception {
        site.html("/plain", "the same");
        naming("/sorted", "/plain", "the same");
        naming("/printed", "/plain", "the same");

        for (List<String> order : orders("/plain", "/sorted", "/printed")) {
            assertThat(kept(order)).as("%s", order).containsExactly("/plain");
        }
    }

    @Test
    void ofPagesThatNameEachOtherOneIsKept() throws Exception {
        naming("/a", "/b", "one");
        naming("/b", "/a", "two");
        naming("/c", "/d", "three");
        naming("/d", "/c", "three");

        for (List<String> order : orders("/a", "/b", "/c", "/d")) {
            List<String> kept = kept(order);
            assertThat(kept).as("%s", order).hasSize(2).containsAnyOf("/a", "/b");
            assertThat(kept).as("%s", order).containsAnyOf("/c", "/d");
        }
    }

    @Test
    void ofPagesThatNameOneAnotherInACircleOneIsKept() throws Exception {
        naming("/a", "/b", "one");
        naming("/b", "/c", "two");
        naming("/c", "/a", "three");

        for (List<String> order : orders("/a", "/b", "/c")) {
            assertThat(kept(order)).as("%s", order).hasSize(1);
        }
    }

    @Test
    void theEndOfAChainIsKept() throws Exception {
        naming("/a", "/b", "one");
        naming("/b", "/c", "two");
        naming("/c", "/d", "three");
        site.html("/d", "four");

        for (List<String> order : orders("/a", "/b", "/c", "/d")) {
            assertThat(kept(order)).as("%s", order).containsExactly("/d");
        }
    }

    @Test
    void aPageStaysIfTheOneItNamesIsNotKept() throws Exception {
        site.text("/robots.txt", "User-agent: *\nDisallow: /forbidden\n")
                .status("/broken", 404)
                .html("/forbidden", "forbidden")
                .html("/unindexed", "<meta name=robots content=noindex><body>unindexed")
                .html("/empty", "<body>")
                .redirect("/moved", "/end")
                .html("/end", "end")
                .html("/outside", "outside");

        for (String named : List.of("/broken", "/forbidden", "/unindexed", "/empty", "/moved")) {
            naming("/page", named, "page");
            for (List<String> order : orders("/page", named)) {
                assertThat(kept(order)).as("%s", order).contains("/page");
            }
        }
        for (String named : List.of("/outside", "http://127.0.0.1:1/elsewhere")) {
            naming("/page", named, "page");
            assertThat(kept(List.of("/page"))).as(named).containsExactly("/page");
        }
    }

    @Test
    void aPageStaysIfTheOneItNamesIsNotReadAnyMore() throws Exception {
        naming("/page", "/plain", "page");
        site.html("/plain", "plain");
        CrawlInput input = CrawlFixture.input("enough", 1, 10, site.url("/page"), site.url("/plain"));

        CrawlResult result = oneByOne.handle(input, CRAWLS.context());

        assertThat(result.documents()).isOne();
        assertThat(kept("enough")).containsExactly("/page");
    }

    @Test
    void theNextCrawlKeepsTheSameOne() throws Exception {
        site.html("/a", "the same").html("/b", "the same");
        for (List<String> order : orders("/a", "/b")) {
            String collection = collection();
            oneByOne.handle(input(collection, order), CRAWLS.context());
            List<String> first = documents(collection);
            for (List<String> next : orders("/a", "/b")) {
                CrawlResult result = oneByOne.handle(input(collection, next), CRAWLS.context());

                assertThat(result)
                        .extracting("documents", "unchanged", "duplicates")
                        .containsExactly(0, 1, 1);
                assertThat(documents(collection)).hasSize(1).isEqualTo(first);
            }
        }
    }

    @Test
    void aTwinStaysIfTheKnownOneHasChanged() throws Exception {
        site.html("/a", "the same").html("/b", "the same");
        oneByOne.handle(input("parted", List.of("/a", "/b")), CRAWLS.context());
        site.html("/a", "something else");

        oneByOne.handle(input("parted", List.of("/b", "/a")), CRAWLS.context());

        assertThat(kept("parted")).containsExactly("/a", "/b");
    }

    @Test
    void aPageStaysIfTheKnownOneThatItNamesIsGone() throws Exception {
        naming("/page", "/plain", "page");
        site.html("/plain", "plain");
        oneByOne.handle(input("gone", List.of("/page", "/plain")), CRAWLS.context());
        assertThat(kept("gone")).containsExactly("/plain");
        site.status("/plain", 404);

        oneByOne.handle(input("gone", List.of("/page", "/plain")), CRAWLS.context());

        assertThat(kept("gone")).containsExactly("/page");
    }

    @Test
    void theNextAttemptDropsWhatThisOneCouldNot() throws Exception {
        naming("/page", "/plain", "page");
        site.html("/plain", "plain");
        CrawlInput input = input("resumed", List.of("/page", "/plain"));
        RecordingContext first = CRAWLS.context().cancelledAfter(2);
        assertThatThrownBy(() -> oneByOne.handle(input, first)).isInstanceOf(JobCancelledException.class);
        assertThat(kept("resumed")).containsExactly("/page", "/plain");

        CrawlResult result = oneByOne.handle(input, first.next());

        assertThat(kept("resumed")).containsExactly("/plain");
        assertThat(result).extracting("documents", "duplicates", "pagesCrawled").containsExactly(1, 1, 2);
        assertThat(site.visited()).hasSize(2);
    }

    @Test
    void twoCrawlsNeverDropEachOthersPage() throws Exception {
        site.html("/a", "the same").html("/b", "the same");
        String a = site.url("/a");
        String b = site.url("/b");
        RecordingContext first = CRAWLS.context();
        RecordingContext second = CRAWLS.context();
        oneByOne.handle(CrawlFixture.input("shared", a), first);
        oneByOne.handle(CrawlFixture.input("shared", b), second);
        UUID one = first.jobId().value();
        UUID two = second.jobId().value();
        Pages pages = new Pages(CRAWLS.jdbi, CrawlFixture.ACME, "shared");
        Content content = Content.of("", "the same");

        try (Handle ofOne = CRAWLS.jdbi.open();
                Handle ofTwo = CRAWLS.jdbi.open()) {
            // The first crawl has come to b, and the second one to a; neither has decided.
            ofOne.begin();
            ofTwo.begin();
            CrawlTransaction byOne = CrawlTransaction.of(ofOne);
            CrawlTransaction byTwo = CrawlTransaction.of(ofTwo);
            pages.lock(byOne, b);
            pages.lock(byTwo, a);
            assertThat(pages.twin(byOne, one, b, content)).isEmpty();
            assertThat(pages.twin(byTwo, two, a, content)).isEmpty();
            assertThat(pages.keptAs(byOne, one, a)).isEmpty();
            assertThat(pages.keptAs(byTwo, two, b)).isEmpty();
            ofTwo.rollback();

            // Now the first crawl may let b give way to a, so nobody may drop that.
            assertThat(pages.twin(byOne, one, b, content)).isEqualTo(Optional.of(new Pages.Dao.Twin(0, false)));
            ofTwo.begin();
            assertThat(ofTwo.select("SELECT 1 FROM crawl_pages WHERE url = ? FOR UPDATE SKIP LOCKED", a)
                            .mapTo(Integer.class)
                            .list())
                    .isEmpty();
            ofTwo.rollback();
            ofOne.rollback();
        }
    }

    private static Iterable<List<String>> orders(String... paths) {
        return Collections2.permutations(List.of(paths));
    }

    /** A page that names another as its own address. */
    private void naming(String path, String canonical, String text) {
        site.html(path, "<head><link rel=canonical href='" + canonical + "'></head><body>" + text);
    }

    private String collection() {
        return "same" + collections++ + "-" + site.port();
    }

    private CrawlInput input(String collection, List<String> paths) {
        return CrawlFixture.input(
                collection, 100, 0, paths.stream().map(site::url).toArray(String[]::new));
    }

    /** What a first crawl of these pages in this order keeps. */
    private List<String> kept(List<String> order) throws InterruptedException {
        String collection = collection();
        CrawlResult result = oneByOne.handle(input(collection, order), CRAWLS.context());
        List<String> kept = kept(collection);
        assertThat(result.documents()).isEqualTo(kept.size());
        assertThat(CRAWLS.all("SELECT url FROM crawl_pages WHERE collection = ?", collection))
                .hasSameSizeAs(kept);
        return kept;
    }

    private List<String> kept(String collection) {
        return CRAWLS.all("SELECT name FROM documents WHERE collection = ? ORDER BY name", collection).stream()
                .map(name -> name.substring(site.url("").length()))
                .toList();
    }

    private static List<String> documents(String collection) {
        return CRAWLS.all("SELECT id::text FROM documents WHERE collection = ?", collection);
    }
}
