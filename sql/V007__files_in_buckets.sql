-- Files whose bytes are in an S3 bucket; the row stays the truth about the file.

ALTER TABLE files ADD COLUMN in_bucket boolean NOT NULL DEFAULT false;
-- The bucket's own name for an upload in parts that has not ended.
ALTER TABLE files ADD COLUMN upload_id text;

-- Objects whose file is gone, until the bucket has confirmed that they are gone too.
-- Retention: each is tried again until then.
CREATE TABLE deleted_objects (
    file_id   uuid PRIMARY KEY,
    upload_id text,
    tried_at  timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX deleted_objects_by_trial ON deleted_objects (tried_at);
