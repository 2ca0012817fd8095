package dev.carnelian.crawl;

import dev.carnelian.database.TestDatabase;
import dev.carnelian.document.Documents;
import dev.carnelian.document.Extractor;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.TenantId;
import dev.carnelian.net.EgressConfiguration;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.OutboundLimits;
import io.dropwizard.util.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.tomcat.jdbc.pool.DataSource;
import org.apache.tomcat.jdbc.pool.PoolProperties;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/** A handler as a node has it, over a database of its own, that may go to loopback. */
final class CrawlFixture implements AutoCloseable {
    static final TenantId ACME = new TenantId("acme");
    static final int THREADS = 4;

    private final DataSource pool = pool();
    final Jdbi jdbi = Jdbi.create(pool).installPlugin(new SqlObjectPlugin()).installPlugin(new PostgresPlugin());
    private final OutboundClient client =
            new OutboundClient(new EgressConfiguration(List.of("127.0.0.1"), List.of(80, 443)));
    private final Extractor extractor = new Extractor(1, java.time.Duration.ofSeconds(30), 20 << 20);
    private final Documents documents = new Documents();
    final WebCrawlingHandler handler = handler();

    private static DataSource pool() {
        PoolProperties properties = new PoolProperties();
        properties.setUrl(TestDatabase.migrated().jdbcUrl());
        properties.setDriverClassName(Driver.class.getName());
        properties.setMaxActive(16);
        properties.setMaxIdle(16);
        return new DataSource(properties);
    }

    /** Another node's. */
    WebCrawlingHandler handler() {
        return handler(THREADS, Visitor.LIMITS);
    }

    /** One that fetches so many pages at once, each within these limits. */
    WebCrawlingHandler handler(int threads, OutboundLimits limits) {
        return new WebCrawlingHandler(
                jdbi,
                client,
                limits,
                extractor,
                documents,
                new CrawlConfiguration("Carnelian/test", Duration.milliseconds(0), threads));
    }

    /** An input with no delay, 100 pages and the collection of this name. */
    static CrawlInput input(String collection, String... startUrls) {
        return input(collection, 100, 10, startUrls);
    }

    static CrawlInput input(String collection, int maxPages, int maxDepth, String... startUrls) {
        return new CrawlInput(List.of(startUrls), maxPages, maxDepth, true, List.of(), List.of(), false, collection, 0);
    }

    RecordingContext context() {
        return RecordingContext.first(ACME);
    }

    CrawlResult crawl(CrawlInput input) throws InterruptedException {
        return handler.handle(input, context());
    }

    /** What became of each item, by its name: {@code ok} or the code of its failure. */
    static Map<String, String> outcomes(RecordingContext context) {
        Map<String, String> outcomes = new TreeMap<>();
        context.items
                .values()
                .forEach(item -> outcomes.put(
                        item.name(), item.error().map(failure -> failure.code()).orElse("ok")));
        return outcomes;
    }

    /** The whole text of a stored page, or null. */
    @Nullable
    String text(String collection, String url) {
        return one(
                "SELECT string_agg(c.text, '|' ORDER BY ordinal) FROM document_chunks c JOIN documents d"
                        + " ON d.id = c.document_id WHERE d.collection = ? AND d.name = ?",
                collection,
                url);
    }

    @Nullable
    String one(String sql, Object... arguments) {
        return jdbi.withHandle(handle ->
                handle.select(sql, arguments).mapTo(String.class).findFirst().orElse(null));
    }

    List<String> all(String sql, Object... arguments) {
        return jdbi.withHandle(
                handle -> handle.select(sql, arguments).mapTo(String.class).list());
    }

    @Override
    public void close() {
        extractor.close();
        client.close();
        pool.close();
    }
}
