package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Lists;
import dev.carnelian.crawl.Site;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Crawls of a real site by two nodes. */
class WebCrawlingIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** What a node fetches at once. */
    private static final int THREADS = 4;

    private static final int PAGES = 300;
    /** What the API takes. */
    private static final int MOST_START_URLS = 100;

    @TempDir
    private Path folder;

    private LiveCluster cluster;
    private Site site;

    @BeforeEach
    void open() throws IOException {
        cluster = new LiveCluster(folder);
        site = Site.javadoc();
        site.text("/robots.txt", "User-agent: *\nDisallow: /docs/com/fasterxml/jackson/databind/jsontype/\n");
    }

    @AfterEach
    void close() {
        cluster.close();
        site.close();
    }

    @Test
    void aCrawlGoesOnWhereAKilledNodeStoppedAndFetchesNoFinishedPageAgain() throws Exception {
        NodeProcess one = start("one");
        NodeProcess two = start("two").ready();
        one.ready();
        String id = cluster.create(one, job(PAGES, 0));
        Awaitility.await("the crawl to be in the middle")
                .pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(60))
                .until(() -> site.hits().size() > 100);
        NodeProcess victim = cluster.running(one) == 1 ? one : two;
        NodeProcess survivor = victim == one ? two : one;

        victim.signal("KILL");
        Set<String> finished = Set.copyOf(cluster.strings("SELECT url FROM crawl_frontier WHERE state <> 'waiting'"));
        JsonNode job = cluster.ended(survivor, id, Duration.ofMinutes(2));

        assertThat(job.path("status").asText()).as(job.toString()).isEqualTo("completed");
        assertThat(job.path("attempt").asInt()).isEqualTo(2);
        JsonNode result = job.path("result");
        assertThat(result.path("pagesCrawled").asInt() + result.path("errors").asInt())
                .isEqualTo(PAGES);
        assertThat(result.path("skippedByRobots").asInt()).isPositive();
        Map<String, Integer> repeated = new TreeMap<>(site.counts());
        repeated.remove("/robots.txt");
        repeated.values().removeIf(times -> times == 1);
        assertThat(repeated.values()).containsOnly(2).hasSizeLessThanOrEqualTo(THREADS);
        assertThat(repeated.keySet())
                .doesNotContainAnyElementsOf(finished.stream()
                        .map(url -> url.substring(site.url("").length()))
                        .toList());
        assertThat(site.visited()).noneMatch(path -> path.contains("/jsontype/"));
        assertThat(items(survivor, id)).hasSize(PAGES).doesNotHaveDuplicates();
        assertThat(cluster.strings("SELECT name FROM documents"))
                .hasSize(result.path("documents").asInt())
                .doesNotHaveDuplicates();
        assertThat(cluster.strings("SELECT name FROM documents d WHERE chunk_count <> (SELECT count(*)"
                        + " FROM document_chunks WHERE document_id = d.id)"))
                .isEmpty();

        assertThatAllIsUnchanged(survivor);
        cluster.assertNothingIsLeftOver();
    }

    @Test
    void twoNodesShareTheTurnsOfAHost() throws Exception {
        NodeProcess one = start("one");
        NodeProcess two = start("two").ready();
        one.ready();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ids.add(cluster.create(i % 2 == 0 ? one : two, job(5, 200)));
        }
        for (String id : ids) {
            assertThat(cluster.ended(one, id, Duration.ofMinutes(1))
                            .path("status")
                            .asText())
                    .isEqualTo("completed");
        }

        assertThat(cluster.strings("SELECT DISTINCT node FROM jobs")).containsExactlyInAnyOrder("one", "two");
        List<Site.Hit> hits = site.hits();
        for (int i = 1; i < hits.size(); i++) {
            assertThat(Duration.ofNanos(hits.get(i).at() - hits.get(i - 1).at()))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(190));
        }
    }

    @Test
    void aRerunOfFailedItemsFetchesJustThoseOnceTheServerIsMended() throws Exception {
        NodeProcess node = start("one").ready();
        String module = "/docs/com/fasterxml/jackson/databind/module/";
        List<String> broken = List.of(
                module + "SimpleDeserializers.html", module + "SimpleModule.html", module + "SimpleSerializers.html");
        broken.forEach(path -> site.status(path, 500));
        String id = cluster.create(node, """
                {"type": "web_crawling", "input": {"startUrls": ["%s"], "include": ["*/databind/module/Simple*.html"],
                 "maxDepth": 1, "delayMs": 0}}""".formatted(site.url(module + "package-summary.html")));

        JsonNode first = cluster.ended(node, id, Duration.ofMinutes(1));

        assertThat(first.path("status").asText()).as(first.toString()).isEqualTo("completed");
        assertThat(first.path("result").path("errors").asInt()).isEqualTo(broken.size());
        assertThat(first.path("result").path("documents").asInt()).isGreaterThan(3);
        JsonNode failed = cluster.get(node, "/jobs/" + id + "/items?status=failed");
        assertThat(failed.findValuesAsText("name"))
                .containsExactlyInAnyOrderElementsOf(
                        broken.stream().map(site::url).toList());
        assertThat(failed.findValuesAsText("code")).hasSize(broken.size()).containsOnly("server_error");

        String stored = "SELECT id || ' ' || xmin || ' ' || name FROM documents";
        List<String> good = cluster.strings(stored);
        broken.forEach(site::off);
        site.forgetHits();
        JsonNode second = rerun(node, id);

        assertThat(second.path("status").asText()).as(second.toString()).isEqualTo("completed");
        assertThat(second.path("only").asText()).isEqualTo("failed_items");
        assertThat(second.path("result").path("pagesCrawled").asInt()).isEqualTo(broken.size());
        assertThat(second.path("result").path("errors").asInt()).isZero();
        assertThat(site.visited()).isEqualTo(broken);
        assertThat(cluster.strings(stored)).hasSize(good.size() + broken.size()).containsAll(good);
        assertThat(cluster.get(node, "/jobs/" + second.path("id").asText() + "/items"))
                .extracting(item ->
                        item.path("position").asInt() + item.path("name").asText())
                .containsExactlyElementsOf(failed.findParents("name").stream()
                        .map(item -> item.path("position").asInt()
                                + item.path("name").asText())
                        .toList());
    }

    private JsonNode rerun(NodeProcess node, String id) {
        HttpResponse<String> rerun = node.post(cluster.key(), "/jobs/" + id + "/rerun", "{\"only\": \"failed_items\"}");
        assertThat(rerun.statusCode()).as(rerun.body()).isEqualTo(201);
        return cluster.ended(node, NodeProcess.data(rerun).path("id").asText(), Duration.ofMinutes(1));
    }

    @Test
    void anAddressThatMayNotBeReachedIsRefusedAtOnce() {
        NodeProcess node = start("one").ready();

        HttpResponse<String> refused = node.post(
                cluster.key(),
                "/jobs",
                "{\"type\":\"web_crawling\",\"input\":{\"startUrls\":[\"http://169.254.169.254/\"]}}");

        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).contains("blocked_target", "input.startUrls[0]");
    }

    private NodeProcess start(String name) {
        return cluster.start(
                name, "CARNELIAN_EGRESS_ALLOW", "127.0.0.1", "CARNELIAN_CRAWL_THREADS", Integer.toString(THREADS));
    }

    private String job(int maxPages, int delayMs) {
        return job(List.of(site.url("/docs/overview-summary.html")), maxPages, 10, delayMs);
    }

    private static String job(List<String> startUrls, int maxPages, int maxDepth, int delayMs) {
        ObjectNode job = JSON.createObjectNode().put("type", "web_crawling");
        ObjectNode input = job.putObject("input");
        input.put("maxPages", maxPages).put("maxDepth", maxDepth).put("delayMs", delayMs);
        startUrls.forEach(input.putArray("startUrls")::add);
        input.putArray("exclude").add("*?*");
        return job.toString();
    }

    /** Crawls that follow no links, so that what they ask for does not depend on which page answers first. */
    private void assertThatAllIsUnchanged(NodeProcess node) {
        List<String> known = cluster.strings("SELECT name FROM documents ORDER BY name");
        site.forgetHits();
        long unchanged = 0;
        for (List<String> startUrls : Lists.partition(known, MOST_START_URLS)) {
            String id = cluster.create(node, job(startUrls, MOST_START_URLS, 0, 0));
            JsonNode result = cluster.ended(node, id, Duration.ofMinutes(1)).path("result");
            unchanged += result.path("unchanged").asLong();
        }
        assertThat(site.visited())
                .containsExactlyInAnyOrderElementsOf(known.stream()
                        .map(url -> url.substring(site.url("").length()))
                        .toList());
        assertThat(unchanged).isEqualTo(known.size()).isGreaterThan(PAGES / 2);
    }

    private List<String> items(NodeProcess node, String id) {
        List<String> names = new ArrayList<>();
        String cursor = "";
        do {
            HttpResponse<String> answer = node.get(cluster.key(), "/jobs/" + id + "/items?limit=100" + cursor);
            NodeProcess.data(answer).forEach(item -> names.add(item.path("name").asText()));
            cursor = next(answer.body());
        } while (!cursor.isEmpty());
        return names.stream().collect(Collectors.toList());
    }

    private static String next(String body) {
        try {
            JsonNode next = JSON.readTree(body).path("page").path("nextCursor");
            return next.isTextual() ? "&cursor=" + next.asText() : "";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
