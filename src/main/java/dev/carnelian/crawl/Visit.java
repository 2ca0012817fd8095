package dev.carnelian.crawl;

import dev.carnelian.document.Document;
import dev.carnelian.job.JobFailure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What came of going to an address. */
sealed interface Visit {
    /**
     * A page that was read.
     *
     * @param document empty if the page has no text
     * @param page what the next crawl should know of it
     */
    record Read(Optional<Document> document, KnownPage page, long bytes) implements Visit {}

    /** A page that is as it was stored; {@code bytes} were read to find that out. */
    record Unchanged(KnownPage page, long bytes) implements Visit {}

    /** A page that asks not to be kept. */
    record Unindexed(List<String> links, long bytes) implements Visit {}

    /** A sitemap that was read. */
    record Listed(Sitemap sitemap, long bytes) implements Visit {}

    /**
     * The page is elsewhere.
     *
     * @param to as it came, so perhaps relative, and perhaps no address at all
     */
    record Redirected(String to) implements Visit {}

    /** robots.txt keeps it from us. */
    record Disallowed() implements Visit {}

    /**
     * It could not be read.
     *
     * @param gone the server says that there is no such page any more
     * @param pause how long the host should be left alone; zero if it is only this page's trouble
     * @param unanswered the host did not answer at all
     */
    record Failed(JobFailure failure, boolean gone, Duration pause, boolean unanswered) implements Visit {
        static Failed of(JobFailure failure) {
            return new Failed(failure, false, Duration.ZERO, false);
        }
    }

    /** The host may not be asked yet. */
    record NotYet(Duration atLeast) implements Visit {}
}
