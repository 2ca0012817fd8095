package dev.carnelian.crawl;

import com.google.common.hash.HashCode;
import dev.carnelian.crawl.Visit.Read;
import dev.carnelian.document.DocumentStore;
import dev.carnelian.job.TenantId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
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
                        row.links()));
    }

    /**
     * Whether another page of the crawl says just the same: one that it has kept, or an older one that it will come to.
     * The older one counts so that of two equal pages the same one is kept by every crawl.
     */
    boolean hasTwin(Handle transaction, UUID job, String url, Content content) {
        return transaction.attach(Dao.class).hasTwin(tenant.value(), collection, url, job, content.bytes());
    }

    /** Stores a page with its document, in place of what was stored of it; answers the number of chunks. */
    int store(Handle transaction, String url, Read page) {
        drop(transaction, url);
        if (page.document().isEmpty()) {
            return 0;
        }
        UUID id = documents.save(transaction, page.document().get());
        while (insert(transaction, url, id, page) == 0) {
            // Another crawl of the collection stored it in between.
            drop(transaction, url);
        }
        return page.document().get().chunks().size();
    }

    private int insert(Handle transaction, String url, UUID document, Read page) {
        return transaction
                .attach(Dao.class)
                .insert(
                        tenant.value(),
                        collection,
                        url,
                        document,
                        page.page().content().bytes(),
                        page.page().validators().etag(),
                        page.page().validators().lastModified(),
                        page.page().links().toArray(String[]::new));
    }

    /** Notes that a page is as it was; false if it is not stored any more. */
    boolean confirm(Handle transaction, String url, KnownPage page) {
        return transaction
                        .attach(Dao.class)
                        .confirm(
                                tenant.value(),
                                collection,
                                url,
                                page.validators().etag(),
                                page.validators().lastModified(),
                                page.links().toArray(String[]::new))
                == 1;
    }

    /** Deletes what is stored of an address, its document with it. */
    void drop(Handle transaction, String url) {
        transaction
                .attach(Dao.class)
                .document(tenant.value(), collection, url)
                .ifPresent(id -> documents.delete(transaction, id));
    }

    @RegisterConstructorMapper(Dao.Row.class)
    interface Dao {
        record Row(
                String sha256,
                @Nullable String etag,
                @Nullable String lastModified,
                List<String> links) {}

        @SqlQuery("""
                SELECT encode(sha256, 'hex') AS sha256, etag, last_modified, links FROM crawl_pages
                WHERE tenant_id = :tenant AND collection = :collection AND url = :url""")
        Optional<Row> find(String tenant, String collection, String url);

        @SqlQuery("""
                SELECT document_id FROM crawl_pages
                WHERE tenant_id = :tenant AND collection = :collection AND url = :url FOR UPDATE""")
        Optional<UUID> document(String tenant, String collection, String url);

        @SqlQuery("""
                SELECT EXISTS (SELECT 1 FROM crawl_pages AS p
                    JOIN crawl_frontier AS f ON f.job_id = :job AND f.url = p.url
                        AND f.state IN ('waiting', 'crawled', 'unchanged')
                    WHERE p.tenant_id = :tenant AND p.collection = :collection AND p.sha256 = :sha256
                      AND p.url <> :url)""")
        boolean hasTwin(String tenant, String collection, String url, UUID job, byte[] sha256);

        @SqlUpdate("""
                INSERT INTO crawl_pages
                    (tenant_id, collection, url, document_id, sha256, etag, last_modified, links)
                VALUES (:tenant, :collection, :url, :document, :sha256, :etag, :lastModified, :links)
                ON CONFLICT (tenant_id, collection, url) DO NOTHING""")
        int insert(
                String tenant,
                String collection,
                String url,
                UUID document,
                byte[] sha256,
                @Nullable String etag,
                @Nullable String lastModified,
                String[] links);

        @SqlUpdate("""
                UPDATE crawl_pages
                SET etag = :etag, last_modified = :lastModified, links = :links, crawled_at = now()
                WHERE tenant_id = :tenant AND collection = :collection AND url = :url""")
        int confirm(
                String tenant,
                String collection,
                String url,
                @Nullable String etag,
                @Nullable String lastModified,
                String[] links);
    }
}
