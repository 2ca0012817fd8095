package dev.carnelian.crawl;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** The statements against {@code crawls} and {@code crawl_frontier}. */
@RegisterConstructorMapper(FrontierDao.Row.class)
@RegisterConstructorMapper(FrontierDao.Done.class)
@RegisterConstructorMapper(FrontierDao.Count.class)
@RegisterConstructorMapper(FrontierDao.Claim.class)
interface FrontierDao {
    /** An address that waits. */
    record Row(int position, int item, String name, String url, String host, int depth, int redirects, String kind) {}

    /** An address that is done with, and the item it is reported as. */
    record Done(
            int position,
            int item,
            String name,
            @Nullable String code,
            @Nullable String message,
            boolean retryable) {}

    /** How many addresses of a kind are in a state, and what was read of them. */
    record Count(String kind, String state, int number, int stored, long bytes, long chunks) {}

    /** What becomes of an address that waits. */
    record End(
            int position,
            String state,
            long bytes,
            int chunks,
            @Nullable String code,
            @Nullable String message,
            @Nullable Boolean retryable,
            @Nullable String canonical,
            @Nullable Integer duplicateOf) {}

    /** A page that is kept, and the address to which it is to give way. */
    record Claim(int position, String url, String canonical) {}

    /** No rows are changed if a later attempt owns the crawl. */
    @SqlUpdate("""
            INSERT INTO crawls AS c (job_id, attempt, owner) VALUES (:job, :attempt, :owner)
            ON CONFLICT (job_id) DO UPDATE SET attempt = excluded.attempt, owner = excluded.owner
            WHERE c.attempt <= excluded.attempt""")
    int own(UUID job, int attempt, UUID owner);

    /** Until the end of the transaction nobody else becomes the owner. */
    @SqlQuery("SELECT true FROM crawls WHERE job_id = :job AND owner = :owner FOR SHARE")
    Optional<Boolean> holds(UUID job, UUID owner);

    @SqlQuery("SELECT coalesce(max(position) + 1, 0) FROM crawl_frontier WHERE job_id = :job")
    int nextPosition(UUID job);

    @SqlBatch("""
            INSERT INTO crawl_frontier (job_id, position, item, url, host, depth, kind)
            VALUES (:job, :position, :position, :url, :host, 0, 'page')
            ON CONFLICT (job_id, url) DO NOTHING""")
    void insert(UUID job, @BindMethods Iterable<Seed> seeds);

    /** A start address, or an item of a rerun. */
    record Seed(int position, String url, String host) {}

    /** Adds the addresses that are new, in their order, and answers them. */
    @SqlQuery("""
            WITH offered AS (
                SELECT url, min(n) AS n, min(host) AS host
                FROM unnest(:urls, :hosts) WITH ORDINALITY AS o (url, host, n) GROUP BY url
            ), fresh AS (
                -- One look into the index for each: the planner cannot know that they are few among many.
                SELECT url, host, row_number() OVER (ORDER BY n) AS n
                FROM offered LEFT JOIN LATERAL (
                    SELECT true AS known FROM crawl_frontier AS f WHERE f.job_id = :job AND f.url = offered.url LIMIT 1
                ) AS f ON true
                WHERE known IS NULL ORDER BY n LIMIT :room)
            INSERT INTO crawl_frontier (job_id, position, item, url, host, depth, redirects, kind)
            SELECT :job, :next + n - 1, coalesce(:item, :next + n - 1), url, host, :depth, :redirects, :kind FROM fresh
            RETURNING url""")
    List<String> add(
            UUID job,
            int next,
            @Nullable Integer item,
            String[] urls,
            String[] hosts,
            int depth,
            int redirects,
            String kind,
            int room);

    @SqlQuery("""
            SELECT f.position, f.item, i.url AS name, f.url, f.host, f.depth, f.redirects, f.kind
            FROM crawl_frontier AS f JOIN crawl_frontier AS i ON i.job_id = f.job_id AND i.position = f.item
            WHERE f.job_id = :job AND f.host = :host AND f.state = 'waiting' AND f.position <> ALL (:without)
            ORDER BY f.position LIMIT :limit""")
    List<Row> waiting(UUID job, String host, Integer[] without, int limit);

    @SqlQuery("""
            SELECT host FROM crawl_frontier WHERE job_id = :job AND state = 'waiting'
            GROUP BY host ORDER BY min(position) LIMIT :limit""")
    List<String> hostsWaiting(UUID job, int limit);

    @SqlUpdate("""
            UPDATE crawl_frontier
            SET state = :state, bytes = :bytes, chunks = :chunks, code = :code, message = :message,
                retryable = :retryable, canonical = :canonical, duplicate_of = :duplicateOf
            WHERE job_id = :job AND position = :position AND state = 'waiting'""")
    int end(UUID job, @BindMethods End end);

    @SqlUpdate("UPDATE crawl_frontier SET canonical = :canonical WHERE job_id = :job AND position = :position")
    int claim(UUID job, int position, String canonical);

    /** Pages that are kept, and name an address that is kept too, or was, in the order of their discovery. */
    @SqlQuery("""
            SELECT f.position, f.url, f.canonical
            FROM crawl_frontier AS f JOIN crawl_frontier AS c ON c.job_id = f.job_id AND c.url = f.canonical
            WHERE f.job_id = :job AND f.position > :after AND f.state IN ('crawled', 'unchanged')
              AND c.state IN ('crawled', 'unchanged', 'duplicate') AND f.position <> coalesce(c.duplicate_of, c.position)
            ORDER BY f.position LIMIT :limit""")
    List<Claim> claims(UUID job, int after, int limit);

    /** Makes a page, and what has given way to it, duplicates of another. */
    @SqlUpdate("""
            UPDATE crawl_frontier SET state = 'duplicate', duplicate_of = :original, chunks = 0
            WHERE job_id = :job AND (position = :position OR duplicate_of = :position)""")
    int giveWay(UUID job, int position, int original);

    @SqlQuery("SELECT item FROM crawl_frontier WHERE job_id = :job AND url = :url")
    Optional<Integer> itemOf(UUID job, String url);

    @SqlQuery("""
            SELECT kind, state, count(*) AS number, count(*) FILTER (WHERE chunks > 0) AS stored,
                sum(bytes) AS bytes, sum(chunks) AS chunks
            FROM crawl_frontier WHERE job_id = :job GROUP BY kind, state""")
    List<Count> counts(UUID job);

    @SqlQuery("""
            SELECT f.position, f.item, i.url AS name, f.code, f.message, coalesce(f.retryable, false) AS retryable
            FROM crawl_frontier AS f JOIN crawl_frontier AS i ON i.job_id = f.job_id AND i.position = f.item
            WHERE f.job_id = :job AND f.kind = 'page' AND f.position > :after
              AND f.state IN ('crawled', 'unchanged', 'duplicate', 'failed')
            ORDER BY f.position LIMIT :limit""")
    List<Done> done(UUID job, int after, int limit);

    @SqlUpdate("""
            WITH ended AS MATERIALIZED (
                SELECT job_id FROM crawls AS c WHERE NOT EXISTS (
                    SELECT 1 FROM jobs WHERE jobs.id = c.job_id AND jobs.final_status IS NULL)
                LIMIT 100
            ), old AS MATERIALIZED (
                SELECT f.job_id, f.position FROM crawl_frontier AS f JOIN ended USING (job_id)
                LIMIT :batch FOR UPDATE OF f SKIP LOCKED)
            DELETE FROM crawl_frontier AS f USING old WHERE (f.job_id, f.position) = (old.job_id, old.position)""")
    int deleteAddressesOfEnded(int batch);

    @SqlUpdate("""
            DELETE FROM crawls AS c
            WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = c.job_id AND jobs.final_status IS NULL)
              AND NOT EXISTS (SELECT 1 FROM crawl_frontier AS f WHERE f.job_id = c.job_id)""")
    int deleteEnded();
}
