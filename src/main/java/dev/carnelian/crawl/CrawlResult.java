package dev.carnelian.crawl;

/**
 * The result of a {@code web_crawling} job.
 *
 * @param pagesCrawled pages that were read, or had not changed; each is a succeeded item
 * @param documents pages that were stored, new or in place of what was known of them
 * @param unchanged pages that were known and are as they were; their documents are kept
 * @param duplicates pages that say what another page says, or name another as their original; they are not stored
 * @param errors addresses that could not be read; each is a failed item that says why
 * @param skippedByRobots addresses that robots.txt or the page itself keeps from crawlers
 * @param bytes of the bodies that were read, after decompression
 * @param chunks pieces of text that were stored
 */
public record CrawlResult(
        int pagesCrawled,
        int documents,
        int unchanged,
        int duplicates,
        int errors,
        int skippedByRobots,
        long bytes,
        long chunks,
        String collection) {}
