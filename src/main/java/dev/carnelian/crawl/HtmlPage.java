package dev.carnelian.crawl;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/**
 * What a crawler takes from an HTML page.
 *
 * @param text of the main part, if the page says which it is; else without what stands on every page
 * @param links normal addresses, at most 2,000, none if the page asks not to follow them
 * @param canonical the address that the page gives as its own, if it gives one
 * @param indexable false if the page asks not to be kept
 */
record HtmlPage(String title, String text, List<String> links, Optional<String> canonical, boolean indexable) {
    /** The most links that are taken from a page. */
    static final int MOST_LINKS = 2_000;

    private static final int LONGEST_TITLE = 500;
    private static final int LONGEST_WORD_LIST = 500;
    private static final Pattern REFRESH = Pattern.compile("(?i)\\d+\\s*;\\s*url\\s*=\\s*['\"]?([^'\"\\s]+)");

    HtmlPage {
        links = List.copyOf(links);
    }

    /**
     * Reads any bytes at all.
     *
     * @param charset what the server says, or null; a byte order mark weighs more, a page's own word less
     * @param url where the page was found
     */
    static HtmlPage of(byte[] body, @Nullable String charset, String url, Addresses addresses) {
        Document page = parse(body, charset, url);
        Set<String> robots = robots(page);
        boolean follow = !robots.contains("nofollow") && !robots.contains("none");
        List<String> links = follow ? links(page, addresses) : List.of();
        Optional<String> canonical = page.head().select("link[rel~=(?i)^canonical$]").stream()
                .findFirst()
                .flatMap(link -> addresses.normal(link.absUrl("href")));
        boolean indexable = !robots.contains("noindex") && !robots.contains("none");
        String title = title(page);
        return new HtmlPage(title, text(page), links, canonical, indexable);
    }

    private static Document parse(byte[] body, @Nullable String charset, String url) {
        try {
            return Jsoup.parse(new ByteArrayInputStream(Tags.bounded(body)), known(charset), url);
        } catch (IOException e) {
            throw new UncheckedIOException("bytes in memory can be read", e);
        }
    }

    private static @Nullable String known(@Nullable String charset) {
        try {
            return charset != null && Charset.isSupported(charset) ? charset : null;
        } catch (IllegalCharsetNameException e) {
            return null;
        }
    }

    private static Set<String> robots(Document page) {
        Set<String> words = new LinkedHashSet<>();
        page.select("meta[name~=(?i)^robots$]").forEach(meta -> {
            String content = meta.attr("content");
            String start = content.substring(0, Math.min(content.length(), LONGEST_WORD_LIST));
            words.addAll(List.of(start.toLowerCase(Locale.ROOT).split("[\\s,]+")));
        });
        return words;
    }

    private static List<String> links(Document page, Addresses addresses) {
        Stream<Element> anchors = page.select("a[href], area[href]").stream()
                .filter(link -> !link.attr("rel").toLowerCase(Locale.ROOT).contains("nofollow"));
        Stream<Element> frames = page.select("frame[src], iframe[src]").stream();
        Stream<String> refreshes = page.select("meta[http-equiv~=(?i)^refresh$]").stream()
                .map(meta -> REFRESH.matcher(meta.attr("content")))
                .filter(Matcher::lookingAt)
                .map(found -> found.group(1))
                .flatMap(target -> addresses.resolve(page.baseUri(), target).stream());
        return Stream.of(refreshes, targets(frames, "src"), targets(anchors, "href"))
                .flatMap(all -> all)
                .flatMap(link -> addresses.normal(link).stream())
                .distinct()
                .limit(MOST_LINKS)
                .toList();
    }

    /** Whole addresses. To find one takes long, and most links of a page repeat others but for the place in that page. */
    private static Stream<String> targets(Stream<Element> elements, String attribute) {
        Map<String, Element> firsts = new LinkedHashMap<>();
        elements.forEach(element -> firsts.putIfAbsent(withoutFragment(element.attr(attribute)), element));
        return firsts.values().stream().map(element -> element.absUrl(attribute));
    }

    private static String withoutFragment(String reference) {
        int fragment = reference.indexOf('#');
        return fragment < 0 ? reference : reference.substring(0, fragment);
    }

    private static String title(Document page) {
        String title = page.title().strip();
        if (title.isEmpty()) {
            Element heading = page.selectFirst("h1");
            title = heading == null ? "" : heading.text();
        }
        return title.length() <= LONGEST_TITLE ? title : title.substring(0, LONGEST_TITLE);
    }

    private static String text(Document page) {
        page.select("script, style, noscript, noframes, template, svg, canvas, iframe, object, select, button, dialog")
                .remove();
        Element main = page.selectFirst("main, [role=main]");
        if (main != null && main.hasText()) {
            return PageText.of(main);
        }
        Element body = page.body();
        body.select("nav, footer, aside, [role=navigation], [role=contentinfo]").remove();
        return PageText.of(body);
    }
}
