-- Runs of jobs of type http whose endpoint may report for itself.
-- Retention: three days, longer than a run can last; what was reported before an ending is deleted when it is read.

CREATE TABLE http_runs (
    id           uuid PRIMARY KEY,
    tenant_id    text NOT NULL,
    -- no foreign key: it would lock the job's row with each run
    job_id       uuid NOT NULL,
    -- the fence: as jobs.run_id
    run_id       text NOT NULL,
    token_hash   bytea NOT NULL,
    reports      int NOT NULL DEFAULT 0,
    -- the report that ended the run, as JSON text
    ending       text,
    is_completed boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT token_hash_is_sha_256 CHECK (octet_length(token_hash) = 32),
    CONSTRAINT completed_run_has_an_ending CHECK (NOT is_completed OR ending IS NOT NULL)
);

CREATE INDEX http_runs_of_a_job ON http_runs (job_id);
CREATE INDEX http_runs_by_age ON http_runs (created_at);

CREATE TABLE http_reports (
    run_id uuid NOT NULL REFERENCES http_runs ON DELETE CASCADE,
    number int NOT NULL,
    report text NOT NULL,
    PRIMARY KEY (run_id, number)
);
