-- Uploaded files. A file is visible once it has its size and digest; until then only its upload knows it.
-- Retention: every row has a time to go, an upload in progress an early one, so that an abandoned upload goes too.

CREATE TABLE files (
    id         uuid PRIMARY KEY,
    tenant_id  text NOT NULL,
    name       text NOT NULL,
    media_type text NOT NULL,
    size       bigint,
    sha256     bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,

    CONSTRAINT complete_file_has_size_and_digest CHECK ((size IS NULL) = (sha256 IS NULL))
);

CREATE INDEX files_by_expiry ON files (expires_at);

-- Pieces of 1 MiB; all but the last are full. They go with their file.
CREATE TABLE file_chunks (
    file_id uuid NOT NULL REFERENCES files ON DELETE CASCADE,
    ordinal int NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (file_id, ordinal)
);

-- Uncompressed, so that a part of a piece is read without the rest of it; most documents are compressed already.
ALTER TABLE file_chunks ALTER COLUMN data SET STORAGE EXTERNAL;
