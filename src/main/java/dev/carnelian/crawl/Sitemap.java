package dev.carnelian.crawl;

import crawlercommons.sitemaps.AbstractSiteMap;
import crawlercommons.sitemaps.SiteMap;
import crawlercommons.sitemaps.SiteMapIndex;
import crawlercommons.sitemaps.SiteMapParser;
import crawlercommons.sitemaps.UnknownFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URL;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * What a sitemap lists, be it XML, a feed or text, compressed or not.
 *
 * @param pages normal addresses, at most 50,000
 * @param sitemaps normal addresses, at most 500
 */
record Sitemap(List<String> pages, List<String> sitemaps) {
    private static final int MOST_PAGES = 50_000;
    private static final int MOST_SITEMAPS = 500;

    Sitemap {
        pages = List.copyOf(pages);
        sitemaps = List.copyOf(sitemaps);
    }

    /**
     * Empty if it cannot be read.
     *
     * @param maxBytes of the sitemap, once it is decompressed
     */
    static Optional<Sitemap> of(byte[] body, String url, int maxBytes, Addresses addresses) {
        try {
            byte[] plain = bounded(decompressed(body, maxBytes));
            // Lenient: other hosts are left out by the crawl, and a sitemap that was cut is read as far as it goes.
            SiteMapParser parser = new SiteMapParser(false, true);
            AbstractSiteMap parsed = parser.parseSiteMap(plain, new URL(url));
            return Optional.of(
                    parsed instanceof SiteMapIndex index
                            ? new Sitemap(List.of(), ofIndex(index, addresses))
                            : new Sitemap(ofSiteMap((SiteMap) parsed, addresses), List.of()));
        } catch (IOException | UnknownFormatException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static byte[] decompressed(byte[] body, int maxBytes) throws IOException {
        boolean gzip = body.length > 2 && (body[0] & 0xff) == 0x1f && (body[1] & 0xff) == 0x8b;
        if (!gzip) {
            return body;
        }
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
            byte[] plain = in.readNBytes(maxBytes + 1);
            if (plain.length > maxBytes) {
                throw new IOException("larger than " + maxBytes + " bytes");
            }
            return plain;
        }
    }

    private static byte[] bounded(byte[] plain) {
        return Tags.areIn(plain) ? Tags.bounded(plain) : Tags.boundedLines(plain, MOST_PAGES);
    }

    private static List<String> ofIndex(SiteMapIndex index, Addresses addresses) {
        return normal(index.getSitemaps().stream().map(AbstractSiteMap::getUrl), addresses, MOST_SITEMAPS);
    }

    private static List<String> ofSiteMap(SiteMap map, Addresses addresses) {
        return normal(map.getSiteMapUrls().stream().map(entry -> entry.getUrl()), addresses, MOST_PAGES);
    }

    private static List<String> normal(Stream<URL> urls, Addresses addresses, int most) {
        return urls.flatMap(url -> addresses.normal(url.toString()).stream())
                .distinct()
                .limit(most)
                .toList();
    }
}
