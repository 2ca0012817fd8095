package dev.carnelian.crawl;

/**
 * An address that waits to be fetched.
 *
 * @param position its place in the order of discovery
 * @param item the position under which its outcome is reported
 * @param name what that item is called: this address, or the one that redirected to it
 * @param url normal
 * @param host the host with its port, as politeness counts it
 * @param depth links away from a start address; of a sitemap, how deep it lies in others
 * @param redirects how many redirects led here
 * @param tries how often it was tried in this attempt
 */
record Target(
        int position, int item, String name, String url, String host, int depth, int redirects, Kind kind, int tries) {
    /** What is expected at an address. */
    enum Kind {
        PAGE,
        SITEMAP
    }

    boolean isPage() {
        return kind == Kind.PAGE;
    }

    /** The same after another try. */
    Target triedAgain() {
        return new Target(position, item, name, url, host, depth, redirects, kind, tries + 1);
    }
}
