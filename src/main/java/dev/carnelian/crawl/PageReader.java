package dev.carnelian.crawl;

import dev.carnelian.crawl.Visit.Failed;
import dev.carnelian.document.Document;
import dev.carnelian.document.DocumentException;
import dev.carnelian.document.Documents;
import dev.carnelian.document.Extracted;
import dev.carnelian.document.Extractor;
import dev.carnelian.job.JobContext;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Makes documents and links of the bodies that come. One for each crawl; thread-safe. */
final class PageReader {
    private final Parts parts;
    private final Addresses addresses;
    private final JobContext context;
    private final String collection;

    /** What all crawls of a node share. */
    record Parts(Extractor extractor, Documents documents, Bodies bodies) {}

    PageReader(Parts parts, Addresses addresses, JobContext context, String collection) {
        this.parts = parts;
        this.addresses = addresses;
        this.context = context;
        this.collection = collection;
    }

    Visit read(Target target, Fetched fetched) throws InterruptedException {
        if (!target.isPage()) {
            return readSitemap(target, fetched.bytes());
        }
        return fetched.isHtml() ? readHtml(target, fetched) : readOther(target, fetched);
    }

    private Visit readSitemap(Target target, byte[] body) throws InterruptedException {
        Optional<Sitemap> sitemap =
                parts.bodies().parsing(() -> Sitemap.of(body, target.url(), Bodies.LARGEST, addresses));
        return sitemap.<Visit>map(read -> new Visit.Listed(read, body.length))
                .orElseGet(() -> Failed.of(CrawlError.BROKEN_SITEMAP.failure()));
    }

    private Visit readHtml(Target target, Fetched fetched) throws InterruptedException {
        HtmlPage page =
                parts.bodies().parsing(() -> HtmlPage.of(fetched.bytes(), fetched.charset(), target.url(), addresses));
        int bytes = fetched.bytes().length;
        List<String> links = fetched.forbids("nofollow") ? List.of() : page.links();
        if (!page.indexable() || fetched.forbids("noindex")) {
            return new Visit.Unindexed(links, bytes);
        }
        Extracted extracted = Extracted.of("text/html", metadata(target, page.title()), page.text());
        Content content = Content.of(page.title(), extracted.text());
        Optional<String> canonical = page.canonical().filter(address -> !address.equals(target.url()));
        KnownPage now = new KnownPage(content, fetched.validators(), links, canonical);
        return fetched.isKnown(content)
                ? new Visit.Unchanged(now, bytes)
                : new Visit.Read(document(target, bytes, extracted), now, bytes);
    }

    private static Map<String, String> metadata(Target target, String title) {
        Map<String, String> metadata = new TreeMap<>(Map.of("url", target.url()));
        if (!title.isEmpty()) {
            metadata.put("title", title);
        }
        return metadata;
    }

    private Visit readOther(Target target, Fetched fetched) throws InterruptedException {
        byte[] body = fetched.bytes();
        KnownPage page = new KnownPage(Content.of(body), fetched.validators(), List.of(), Optional.empty());
        if (fetched.isKnown(page.content())) {
            return new Visit.Unchanged(page, body.length);
        }
        try {
            Extracted found =
                    parts.extractor().extract(fileName(target.url()), body.length, new ByteArrayInputStream(body));
            Map<String, String> metadata = new TreeMap<>(found.metadata());
            metadata.put("url", target.url());
            Extracted extracted = new Extracted(found.mediaType(), metadata, found.text(), found.truncated());
            return new Visit.Read(document(target, body.length, extracted), page, body.length);
        } catch (DocumentException e) {
            return Failed.of(e.failure());
        }
    }

    private Optional<Document> document(Target target, int bytes, Extracted extracted) {
        Document.Key key = new Document.Key(context.tenant(), context.jobId(), target.position());
        Documents.Origin origin = new Documents.Origin(key, collection, target.url(), bytes);
        return parts.documents().of(origin, extracted, Documents.Chunks.standard());
    }

    /** A hint for the type of the document. */
    private static String fileName(String url) {
        String path = url.split("\\?", 2)[0];
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
