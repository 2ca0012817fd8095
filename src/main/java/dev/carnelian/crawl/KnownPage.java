package dev.carnelian.crawl;

import java.util.List;
import java.util.Optional;

/**
 * A page as an earlier crawl stored it, with where it leads.
 *
 * @param canonical another address that the page gives as its own
 */
record KnownPage(Content content, Validators validators, List<String> links, Optional<String> canonical) {
    KnownPage {
        links = List.copyOf(links);
    }
}
