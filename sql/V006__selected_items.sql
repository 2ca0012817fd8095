-- Reruns that do only the failed items of the job before them.

ALTER TABLE jobs ADD COLUMN failed_items_only boolean NOT NULL DEFAULT false;

-- The items such a job is about, by the names the job before it had for them.
-- Retention: they go with their job.
CREATE TABLE job_selected_items (
    job_id   uuid NOT NULL,
    position int NOT NULL,
    name     text NOT NULL,
    PRIMARY KEY (job_id, position)
);
