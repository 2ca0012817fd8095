-- What document_processing made of its input.
-- Retention: documents belong to a tenant's collection and outlive the job that brought them; they stay until they are
-- deleted. Chunks go with their document.

CREATE TABLE documents (
    id          uuid PRIMARY KEY,
    tenant_id   text NOT NULL,
    collection  text NOT NULL,
    -- no foreign key: the job is forgotten before its documents
    job_id      uuid NOT NULL,
    position    int NOT NULL,
    name        text NOT NULL,
    media_type  text NOT NULL,
    -- ISO 639-3, null when the text does not tell
    language    text,
    metadata    jsonb NOT NULL,
    bytes       bigint NOT NULL,
    characters  int NOT NULL,
    -- the document had more text than is kept
    truncated   boolean NOT NULL,
    chunk_count int NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT job_stores_each_of_its_documents_once UNIQUE (tenant_id, job_id, position)
);

-- Places are counted in UTF-16 units of the document's text, which the chunks cover but for white space between them.
CREATE TABLE document_chunks (
    document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal     int NOT NULL,
    text_start  int NOT NULL,
    text_end    int NOT NULL,
    text        text NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
