package dev.carnelian.crawl;

import java.util.List;

/**
 * How a crawl stands. Sitemaps are counted in {@code bytes} only.
 *
 * @param known pages that were found so far
 * @param fetched pages that count against the most pages of the crawl
 * @param done pages that are not waiting
 */
record Counts(int known, int fetched, int done, CrawlResult result) {
    static Counts of(List<FrontierDao.Count> counts, String collection) {
        int waiting = number(counts, State.WAITING);
        int crawled = number(counts, State.CRAWLED);
        int unchanged = number(counts, State.UNCHANGED);
        int duplicates = number(counts, State.DUPLICATE);
        int failed = number(counts, State.FAILED);
        int fetched = crawled + unchanged + duplicates + failed;
        int done = fetched + number(counts, State.REDIRECTED) + number(counts, State.DISALLOWED);
        CrawlResult result = new CrawlResult(
                crawled + unchanged + duplicates,
                counts.stream().mapToInt(FrontierDao.Count::stored).sum(),
                unchanged,
                duplicates,
                failed,
                number(counts, State.DISALLOWED),
                counts.stream().mapToLong(FrontierDao.Count::bytes).sum(),
                counts.stream().mapToLong(FrontierDao.Count::chunks).sum(),
                collection);
        return new Counts(done + waiting, fetched, done, result);
    }

    private static int number(List<FrontierDao.Count> counts, State state) {
        return counts.stream()
                .filter(count -> count.kind().equals("page") && count.state().equals(state.wireName()))
                .mapToInt(FrontierDao.Count::number)
                .sum();
    }
}
