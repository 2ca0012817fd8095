package dev.carnelian.crawl;

import com.google.common.hash.HashCode;
import dev.carnelian.crawl.Visit.Read;
import dev.carnelian.document.DocumentStore;
import dev.carnelian.job.TenantId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** The pages of a tenant's collection that are stored as documents. Thread-safe. */
final class Pages {
    private final Jdbi jdbi;
    private final DocumentStore documents;
    private final TenantId tenant;
    private final String collection;

    Pages(Jdbi jdbi, TenantId tenant, String collection) {
        this.jdbi = jdbi;
        this.documents = new DocumentStore(jdbi);
        this.tenant = tenant;
        this.collection = collection;
    }

    /** What is stored of an address. */
    Optional<KnownPage> find(String url) {
        return jdbi.withExtension(Dao.class, dao -> dao.find(tenant.value(), collection, url))
                .map(row -> new KnownPage(
                        new Content(HashCode.fromString(row.sha256())),
                        new Validators(row.etag(), row.lastModified()),
                        row.links(),
                        Optional.ofNullable(row.canonical())));
    }

    /**
     * Another page that says just the same, and that the crawl has kept. It is not dropped before the transaction ends;
     * one that another crawl may be about to drop is no twin. Nor is one that is to give way to this address.
     */
    Optional<Dao.Twin> twin(CrawlTransaction transaction, UUID job, String url, Content content) {
        return transaction.pages().twin(tenant.value(), collection, url, job, content.bytes());
    }

    /**
     * The position of the page that the crawl has kept for an address: its own, or the one that it gave way to. It is not
     * dropped before the transaction ends; one that another crawl may be about to drop does not count.
     */
    Optional<Integer> keptAs(CrawlTransaction transaction, UUID job, String url) {
        return transaction.pages().keptAs(tenant.value(), collection, url, job);
    }

    /** Lets nobody else change what is stored of an address before the transaction ends. */
    void lock(CrawlTransaction transaction, String url) {
        var unused = transaction.pages().document(tenant.value(), collection, url);
    }

    /** Stores a page with its document, in place of what was stored of it; answers the number of chunks. */
    int store(CrawlTransaction transaction, String url, Read page) {
        drop(transaction, url);
        if (page.document().isEmpty()) {
            return 0;
        }
        UUID id = documents.save(transaction.handle(), page.document().get());
        while (insert(transaction, url, id, page) == 0) {
            // Another crawl of the collection stored it in between.
            drop(transaction, url);
        }
        return page.document().get().chunks().size();
    }

    private int insert(CrawlTransaction transaction, String url, UUID document, Read page) {
        return transaction
                .pages()
                .insert(
                        tenant.value(),
                        collection,
                        url,
                        document,
                        page.page().content().bytes(),
                        page.page().validators().etag(),
                        page.page().validators().lastModified(),
                        page.page().links().toArray(String[]::new),
                        page.page().canonical().orElse(null));
    }

    /** Notes that a page is as it was; false if it is not stored any more. */
    boolean confirm(CrawlTransaction transaction, String url, KnownPage page) {
        return transaction
                        .pages()
                        .confirm(
                                tenant.value(),
                                collection,
                                url,
                                page.validators().etag(),
                                page.validators().lastModified(),
                                page.links().toArray(String[]::new),
                                page.canonical().orElse(null))
                == 1;
    }

    /** Deletes what is stored of an address, its document with it. */
    void drop(CrawlTransaction transaction, String url) {
        transaction
                .pages()
                .document(tenant.value(), collection, url)
                .ifPresent(id -> documents.delete(transaction.handle(), id));
    }

    @RegisterConstructorMapper(Dao.Row.class)
    @RegisterConstructorMapper(Dao.Twin.class)
    interface Dao {
        record Row(
                String sha256,
                @Nullable String etag,
                @Nullable String lastModified,
                List<String> links,
                @Nullable String canonical) {}

        /**
         * A page that says just the same as another.
         *
         * @param known whether the crawl found it stored, as it was
         */
        record Twin(int position, boolean known) {}

        @SqlQuery("""
                SELECT encode(sha256, 'hex') AS sha256, etag, last_modified, links, canonical FROM crawl_pages
                WHERE tenant_id = :tenant AND collection = :collection AND url = :url""")
        Optional<Row> find(String tenant, String collection, String url);

        @SqlQuery("""
                SELECT document_id FROM crawl_pages
                WHERE tenant_id = :tenant AND collection = :collection AND url = :url FOR UPDATE""")
        Optional<UUID> document(String tenant, String collection, String url);

        @SqlQuery("""
                SELECT f.position, f.state = 'unchanged' AS known
                FROM crawl_pages AS p JOIN crawl_frontier AS f ON f.job_id = :job AND f.url = p.url
                WHERE p.tenant_id = :tenant AND p.collection = :collection AND p.sha256 = :sha256 AND p.url <> :url
                  AND f.state IN ('crawled', 'unchanged') AND f.canonical IS DISTINCT FROM :url
                ORDER BY known DESC, f.position LIMIT 1 FOR SHARE OF p SKIP LOCKED""")
        Optional<Twin> twin(String tenant, String collection, String url, UUID job, byte[] sha256);

        @SqlQuery("""
                SELECT kept.position
                FROM crawl_frontier AS f
                JOIN crawl_frontier AS kept
                    ON kept.job_id = f.job_id AND kept.position = coalesce(f.duplicate_of, f.position)
                JOIN crawl_pages AS p ON p.url = kept.url
                WHERE f.job_id = :job AND f.url = :url AND kept.state IN ('crawled', 'unchanged')
                  AND p.tenant_id = :tenant AND p.collection = :collection FOR SHARE OF p SKIP LOCKED""")
        Optional<Integer> keptAs(String tenant, String collection, String url, UUID job);

        @SqlUpdate("""
                INSERT INTO crawl_pages
                    (tenant_id, collection, url, document_id, sha256, etag, last_modified, links, canonical)
                VALUES (:tenant, :collection, :url, :document, :sha256, :etag, :lastModified, :links, :canonical)
                ON CONFLICT (tenant_id, collection, url) DO NOTHING""")
        int insert(
                String tenant,
                String collection,
                String url,
                UUID document,
                byte[] sha256,
                @Nullable String etag,
                @Nullable String lastModified,
                String[] links,
                @Nullable String canonical);

        @SqlUpdate("""
                UPDATE crawl_pages
                SET etag = :etag, last_modified = :lastModified, links = :links, canonical = :canonical,
                    crawled_at = now()
                WHERE tenant_id = :tenant AND collection = :collection AND url = :url""")
        int confirm(
                String tenant,
                String collection,
                String url,
                @Nullable String etag,
                @Nullable String lastModified,
                String[] links,
                @Nullable String canonical);
    }
}
