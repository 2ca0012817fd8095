-- What web_crawling knows: the addresses of a crawl under way, the pages it has stored, and when a host may be asked next.

-- A crawl under way. Only the attempt that owns it may write its rows: an attempt that was replaced finds another owner.
-- Retention: it goes with its addresses once the job has ended.
CREATE TABLE crawls (
    job_id  uuid PRIMARY KEY,
    attempt int NOT NULL,
    owner   uuid NOT NULL
);

CREATE TABLE crawl_frontier (
    job_id    uuid NOT NULL REFERENCES crawls,
    -- in the order of discovery
    position  int NOT NULL,
    -- the position whose item tells what became of it: its own, or that of the address that redirected to it
    item      int NOT NULL,
    url       text NOT NULL,
    host      text NOT NULL,
    -- links away from a start address; of a sitemap, how deep it lies in others
    depth     int NOT NULL,
    -- that led here
    redirects int NOT NULL DEFAULT 0,
    kind      text NOT NULL CONSTRAINT kind_is_page_or_sitemap CHECK (kind IN ('page', 'sitemap')),
    state     text NOT NULL DEFAULT 'waiting' CONSTRAINT crawl_state_is_known CHECK (state IN
        ('waiting', 'crawled', 'unchanged', 'duplicate', 'failed', 'redirected', 'disallowed')),
    bytes     bigint NOT NULL DEFAULT 0,
    chunks    int NOT NULL DEFAULT 0,
    code      text,
    message   text,
    retryable boolean,
    -- another address, to which the page gives way once that is kept
    canonical    text,
    -- the position of the page that is kept in its place, which is no duplicate itself
    duplicate_of int,
    PRIMARY KEY (job_id, position),
    CONSTRAINT failed_address_says_why CHECK ((state = 'failed') = (code IS NOT NULL)),
    CONSTRAINT kept_page_is_no_duplicate CHECK (duplicate_of IS NULL OR state = 'duplicate')
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX crawl_frontier_by_url ON crawl_frontier (job_id, url);
CREATE INDEX crawl_frontier_waiting ON crawl_frontier (job_id, host, position) WHERE state = 'waiting';
CREATE INDEX crawl_frontier_duplicates ON crawl_frontier (job_id, duplicate_of) WHERE duplicate_of IS NOT NULL;

-- Pages that are stored as documents, so that the next crawl can ask whether they have changed.
-- Retention: a page goes with its document.
CREATE TABLE crawl_pages (
    tenant_id     text NOT NULL,
    collection    text NOT NULL,
    url           text NOT NULL,
    document_id   uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
    -- of what a reader sees of the page
    sha256        bytea NOT NULL,
    etag          text,
    last_modified text,
    -- where a page leads that answers "not modified"
    links         text[] NOT NULL,
    -- another address that the page gives as its own
    canonical     text,
    crawled_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, collection, url)
);

CREATE UNIQUE INDEX crawl_pages_by_document ON crawl_pages (document_id);
CREATE INDEX crawl_pages_by_content ON crawl_pages (tenant_id, collection, sha256);

-- When a host may be sent the next request, by whatever node, job and tenant.
-- Retention: an hour after that time.
CREATE TABLE crawl_hosts (
    host    text PRIMARY KEY,
    next_at timestamptz NOT NULL,
    -- the request under way
    holder  uuid
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
