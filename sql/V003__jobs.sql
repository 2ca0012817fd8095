-- The truth about every job. Quartz's tables only say when something is due; nothing but these is read by the API.

CREATE TABLE jobs (
    id                  uuid PRIMARY KEY,
    tenant_id           text NOT NULL,
    type                text NOT NULL,
    queue               text NOT NULL,
    priority            smallint NOT NULL,
    labels              jsonb NOT NULL,
    -- json, not jsonb: a caller reads back the very text it sent
    input               json NOT NULL,
    max_attempts        smallint NOT NULL,
    backoff_kind        text NOT NULL,
    backoff_initial_ms  bigint NOT NULL,
    backoff_max_ms      bigint NOT NULL,
    backoff_jitter      real NOT NULL,
    timeout_ms          bigint NOT NULL,
    retention_s         bigint NOT NULL,
    original_job_id     uuid,
    root_job_id         uuid NOT NULL,
    created_by          uuid,
    created_at          timestamptz NOT NULL DEFAULT now(),
    scheduled_at        timestamptz,

    status              text NOT NULL DEFAULT 'pending',
    -- the same word, but only once it is final: lists use it, so that a claim changes no indexed column
    final_status        text,
    attempt             int NOT NULL DEFAULT 0,
    node_deaths         smallint NOT NULL DEFAULT 0,
    run_at              timestamptz NOT NULL DEFAULT now(),
    run_id              text,
    node                text,
    started_at          timestamptz,
    completed_at        timestamptz,
    failure_code        text,
    failure_message     text,
    result              json,
    cancel_requested_at timestamptz,
    cancel_reason       text,
    expires_at          timestamptz,
    version             int NOT NULL DEFAULT 1,

    CONSTRAINT status_is_one_of_the_five
        CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    CONSTRAINT final_status_says_the_same
        CHECK (final_status IS NOT DISTINCT FROM
               CASE WHEN status IN ('completed', 'failed', 'cancelled') THEN status END),
    CONSTRAINT final_status_has_a_completion_time
        CHECK ((final_status IS NULL) = (completed_at IS NULL)),
    CONSTRAINT running_job_has_a_run
        CHECK (status <> 'running' OR (run_id IS NOT NULL AND node IS NOT NULL AND started_at IS NOT NULL)),
    CONSTRAINT pending_job_has_no_run
        CHECK (status <> 'pending' OR run_id IS NULL)
    -- a page has room for a second version of its rows, so that going to running touches no index
) WITH (fillfactor = 40, toast_tuple_target = 512,
        autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Every entry costs each job twice, when it is stored and when it ends, so there is one to list a job by, one for its
-- expiry, and more only for jobs that are out of the ordinary. A list of all statuses merges the four lists of one
-- status. The type stands last, so that a rare one is looked for in the index alone.
CREATE INDEX jobs_unfinished ON jobs (tenant_id, created_at DESC, id DESC, type) WHERE final_status IS NULL;
CREATE INDEX jobs_finished ON jobs (tenant_id, final_status, created_at DESC, id DESC, type)
    WHERE final_status IS NOT NULL;
CREATE INDEX jobs_by_expiry ON jobs (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_by_queue ON jobs (tenant_id, queue, created_at DESC, id DESC) WHERE queue <> 'default';
CREATE INDEX jobs_rerun ON jobs (tenant_id, root_job_id) WHERE original_job_id IS NOT NULL;
CREATE INDEX jobs_by_label ON jobs USING gin (labels jsonb_path_ops) WHERE labels <> '{}';

-- What the attempt under way last reported, at most one write a second; the checkpoint outlives the attempt.
CREATE TABLE job_progress (
    job_id       uuid PRIMARY KEY,
    run_id       text NOT NULL,
    percent      smallint NOT NULL,
    processed    int,
    total        int,
    failed_items int NOT NULL,
    message      text,
    checkpoint   text,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT percent_stays_below_100_until_completed CHECK (percent BETWEEN 0 AND 99)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Attempts that another one followed. The last one is the job's own row.
CREATE TABLE job_attempts (
    job_id     uuid NOT NULL,
    attempt    int NOT NULL,
    node       text NOT NULL,
    outcome    text NOT NULL CONSTRAINT outcome_is_failed_or_lost CHECK (outcome IN ('failed', 'lost')),
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    code       text NOT NULL,
    message    text NOT NULL,
    retryable  boolean NOT NULL,
    PRIMARY KEY (job_id, attempt)
);

CREATE TABLE job_items (
    job_id    uuid NOT NULL,
    position  int NOT NULL,
    name      text NOT NULL,
    attempt   int NOT NULL,
    code      text,
    message   text,
    retryable boolean,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, position)
);

CREATE TABLE job_logs (
    id      bigint GENERATED ALWAYS AS IDENTITY,
    job_id  uuid NOT NULL,
    attempt int NOT NULL,
    at      timestamptz NOT NULL,
    level   text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (job_id, id)
);

CREATE TABLE idempotency_keys (
    tenant_id   text NOT NULL,
    route       text NOT NULL,
    key         text NOT NULL,
    fingerprint text NOT NULL,
    status      smallint NOT NULL,
    location    text,
    body        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, route, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE nodes (
    id             text PRIMARY KEY,
    role           text NOT NULL,
    state          text NOT NULL CONSTRAINT state_is_up_or_draining CHECK (state IN ('up', 'draining')),
    version        text NOT NULL,
    worker_threads int NOT NULL,
    running        int NOT NULL,
    started_at     timestamptz NOT NULL,
    heartbeat_at   timestamptz NOT NULL
);
