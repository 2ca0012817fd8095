package dev.carnelian.crawl;

import java.util.List;

/** A page as an earlier crawl stored it, with where it leads. */
record KnownPage(Content content, Validators validators, List<String> links) {
    KnownPage {
        links = List.copyOf(links);
    }
}
