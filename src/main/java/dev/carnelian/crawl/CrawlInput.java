package dev.carnelian.crawl;

import dev.carnelian.document.DocumentsInput;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The input of a {@code web_crawling} job. Patterns are whole addresses in which {@code *} stands for any characters.
 *
 * @param startUrls 1 to 100 addresses of http or https
 * @param maxPages the most pages that are fetched, 1 to 100,000, 100 unless it is given
 * @param maxDepth links away from a start address, 0 to 100, 10 unless it is given
 * @param sameHost whether to stay on the host of the page; true unless it is given
 * @param include patterns one of which a link must match, any link unless they are given
 * @param exclude patterns none of which a link may match
 * @param useSitemaps whether to take addresses from the sitemaps of the start hosts too; false unless it is given
 * @param collection where the pages are kept together, {@code default} unless it is named
 * @param delayMs the shortest time between two requests to a host, whoever sends them, 0 to 60,000, 1,000 unless it is
 *     given; a site's robots.txt may ask for more
 */
public record CrawlInput(
        @NotNull @Size(min = 1, max = 100)
        List<@NotNull @Size(max = Addresses.LONGEST) @Pattern(regexp = ADDRESS, message = NO_ADDRESS) String> startUrls,

        @Nullable @Min(1) @Max(100_000) Integer maxPages,
        @Nullable @Min(0) @Max(100) Integer maxDepth,
        @Nullable Boolean sameHost,
        @Nullable @Size(max = MAX_PATTERNS) List<@NotNull @Size(min = 1, max = LONGEST_PATTERN) String> include,
        @Nullable @Size(max = MAX_PATTERNS) List<@NotNull @Size(min = 1, max = LONGEST_PATTERN) String> exclude,
        @Nullable Boolean useSitemaps,

        @Nullable @Pattern(regexp = DocumentsInput.COLLECTION, message = DocumentsInput.COLLECTION_RULE)
        String collection,

        @Nullable @Min(0) @Max(60_000) Integer delayMs) {
    private static final String ADDRESS = "(?i)https?://[^\\s/?#@\\\\]+([/?#]\\S*)?";
    private static final String NO_ADDRESS = "must be an http or https address without a user in it";
    private static final int MAX_PATTERNS = 50;
    private static final int LONGEST_PATTERN = 200;

    int pages() {
        return maxPages == null ? 100 : maxPages;
    }

    int depth() {
        return maxDepth == null ? 10 : maxDepth;
    }

    boolean staysOnHost() {
        return sameHost == null || sameHost;
    }

    List<String> included() {
        return include == null ? List.of() : include;
    }

    List<String> excluded() {
        return exclude == null ? List.of() : exclude;
    }

    boolean readsSitemaps() {
        return useSitemaps != null && useSitemaps;
    }

    String collectionOrDefault() {
        return collection == null ? DocumentsInput.DEFAULT_COLLECTION : collection;
    }

    Duration delay() {
        return Duration.ofMillis(delayMs == null ? 1_000 : delayMs);
    }
}
