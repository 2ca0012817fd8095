package dev.carnelian.crawl;

import java.util.Locale;

/** What has become of an address. Only {@code WAITING} is ever left. */
enum State {
    /** Not fetched yet. */
    WAITING,
    /** Read, and stored if it has text. */
    CRAWLED,
    /** Known, and as it was. */
    UNCHANGED,
    /** Another page says the same. */
    DUPLICATE,
    FAILED,
    /** Another address stands in its place. */
    REDIRECTED,
    /** robots.txt or the page itself keeps it from crawlers. */
    DISALLOWED;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether an address in this state counts against the most pages of a crawl. */
    boolean isFetched() {
        return this == CRAWLED || this == UNCHANGED || this == DUPLICATE || this == FAILED;
    }
}
