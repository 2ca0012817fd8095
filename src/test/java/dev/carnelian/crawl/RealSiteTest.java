package dev.carnelian.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.job.RecordingContext;
import dev.carnelian.testkit.CarnelianTestKit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The whole of a real site, and once more when nothing has changed. */
class RealSiteTest {
    @Test
    void everyPageIsFetchedOnceAndAgainOnlyIfItHasChanged() throws Exception {
        try (CrawlFixture crawls = new CrawlFixture();
                Site site = Site.javadoc()) {
            site.text("/robots.txt", "User-agent: *\nDisallow: /docs/com/fasterxml/jackson/databind/jsontype/\n");
            RecordingContext context = crawls.context();
            // Each page has a twin in a frame, index.html?page.html, which has no text of its own.
            CrawlInput input = new CrawlInput(
                    List.of(site.url("/docs/index.html")), 2_000, 20, null, null, List.of("*?*"), null, "docs", 0);

            CrawlResult first = crawls.handler.handle(input, context);

            assertThat(first.pagesCrawled()).isGreaterThan(1_000);
            assertThat(first.documents()).isGreaterThan(1_000);
            assertThat(first.skippedByRobots()).isGreaterThan(20);
            assertThat(site.counts().values()).containsOnly(1);
            assertThat(site.visited()).noneMatch(path -> path.contains("/jsontype/"));
            assertThat(context.items).hasSize(first.pagesCrawled() + first.errors());
            assertThat(crawls.text("docs", site.url("/docs/com/fasterxml/jackson/databind/ObjectMapper.html")))
                    .contains("ObjectMapper provides functionality for reading and writing JSON");

            CrawlResult second = crawls.handler.handle(input, crawls.context());

            assertThat(second.documents()).isZero();
            assertThat(second.unchanged()).isEqualTo(first.documents());
            assertThat(second.pagesCrawled()).isEqualTo(first.pagesCrawled());
            assertThat(second.bytes()).isLessThan(first.bytes() / 10);
        }
    }

    @Test
    void theContractOfHandlersIsKept() throws Exception {
        try (CrawlFixture crawls = new CrawlFixture();
                Site site = Site.javadoc()) {
            String input = """
                    {"startUrls": ["%s", "%s"], "include": ["*/databind/module/Simple*"], "maxDepth": 1, "delayMs": 0}""".formatted(
                            site.url("/docs/com/fasterxml/jackson/databind/module/package-summary.html"),
                            site.url("/docs/missing.html"));

            CarnelianTestKit.of(crawls.handler)
                    .counting(() -> site.visited().size(), CrawlFixture.THREADS)
                    .verify(input);

            assertThat(site.counts()).containsKey("/docs/com/fasterxml/jackson/databind/module/SimpleModule.html");
        }
    }
}
