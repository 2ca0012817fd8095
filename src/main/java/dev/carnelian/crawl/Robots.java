package dev.carnelian.crawl;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import crawlercommons.robots.BaseRobotRules;
import crawlercommons.robots.SimpleRobotRules;
import crawlercommons.robots.SimpleRobotRules.RobotRulesMode;
import crawlercommons.robots.SimpleRobotRulesParser;
import dev.carnelian.net.BlockedTargetException;
import dev.carnelian.net.OutboundAnswer;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.OutboundException;
import dev.carnelian.net.OutboundLimits;
import dev.carnelian.net.OutboundRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The robots.txt of the hosts of one crawl, as RFC 9309 reads it: without one everything is allowed, and while it cannot
 * be had nothing is. Asked for once a crawl, unless there are very many hosts. Thread-safe.
 */
final class Robots {
    /** What RFC 9309 asks crawlers to read; more is ignored. */
    private static final int MOST_BYTES = 500 * 1024;

    private static final int CACHED_BYTES = 8 * 1024 * 1024;
    private static final int OVERHEAD = 4 * 1024;
    private static final int BYTES_OF_A_RULE = 100;
    private static final Duration LONGEST_CRAWL_DELAY = Duration.ofSeconds(30);
    private static final int MOST_SITEMAPS = 20;
    private static final OutboundLimits LIMITS = new OutboundLimits(
            Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(30), MOST_BYTES + 1L, 5);

    private final OutboundClient client;
    private final CrawlConfiguration configuration;
    private final Cache<String, Rules> rules = CacheBuilder.newBuilder()
            .maximumWeight(CACHED_BYTES)
            // The bound is for all of it, so that the largest file finds room too.
            .concurrencyLevel(1)
            .weigher((String origin, Rules known) -> OVERHEAD + known.size())
            .build();

    Robots(OutboundClient client, CrawlConfiguration configuration) {
        this.client = client;
        this.configuration = configuration;
    }

    /**
     * What a host allows.
     *
     * @param size what it takes in memory, about
     */
    record Rules(BaseRobotRules parsed, int size) {
        static Rules absent() {
            return new Rules(new SimpleRobotRules(RobotRulesMode.ALLOW_ALL), 0);
        }

        boolean allow(String url) {
            return parsed.isAllowed(url);
        }

        /** The longer of the delay and what the file asks for; that counts up to 30 s. */
        Duration delay(Duration asked) {
            Duration wanted =
                    Duration.ofMillis(Math.max(0, Math.min(parsed.getCrawlDelay(), LONGEST_CRAWL_DELAY.toMillis())));
            return wanted.compareTo(asked) > 0 ? wanted : asked;
        }

        List<String> sitemaps() {
            return parsed.getSitemaps().stream().limit(MOST_SITEMAPS).toList();
        }
    }

    /** The rules for an address, if this crawl has asked for them. */
    Optional<Rules> known(String url) {
        return Optional.ofNullable(rules.getIfPresent(Addresses.origin(url)));
    }

    /** Asks the host; false if it cannot tell now, so that it has to be asked again. */
    boolean fetch(String url) throws InterruptedException {
        String origin = Addresses.origin(url);
        Optional<Rules> fetched = get(origin + "/robots.txt");
        fetched.ifPresent(known -> rules.put(origin, known));
        return fetched.isPresent();
    }

    private Optional<Rules> get(String file) throws InterruptedException {
        OutboundRequest request = new OutboundRequest(
                "GET", URI.create(file), Map.of("User-Agent", configuration.userAgent()), null, LIMITS);
        try {
            return client.send(request, answer -> read(answer, file));
        } catch (OutboundException e) {
            // More redirects than five may be taken as there being no file.
            return e.code().equals("too_many_redirects") ? Optional.of(Rules.absent()) : Optional.empty();
        } catch (BlockedTargetException e) {
            return Optional.of(Rules.absent());
        }
    }

    private Optional<Rules> read(OutboundAnswer answer, String file) throws IOException {
        int status = answer.status();
        if (status >= 200 && status < 300) {
            byte[] text = answer.body().readNBytes(MOST_BYTES);
            return Optional.of(parse(text, answer.header("Content-Type").orElse("text/plain"), file));
        }
        // "Too many requests" is a 4xx, but says nothing of what is allowed.
        return status >= 500 || status == 429 ? Optional.empty() : Optional.of(Rules.absent());
    }

    private Rules parse(byte[] text, String contentType, String file) {
        SimpleRobotRulesParser parser = new SimpleRobotRulesParser();
        // The parser would close a site that asks for more.
        parser.setMaxCrawlDelay(Long.MAX_VALUE);
        parser.setExactUserAgentMatching(true);
        SimpleRobotRules parsed = parser.parseContent(file, text, contentType, List.of(configuration.robotName()));
        return new Rules(
                parsed, text.length + BYTES_OF_A_RULE * parsed.getRobotRules().size());
    }
}
