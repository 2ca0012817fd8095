-- The vectors batch_embedding gives to chunks.
-- Retention: none of their own; they go with their chunk, and so with its document.

CREATE TABLE embeddings (
    document_id uuid NOT NULL,
    ordinal     int NOT NULL,
    model       text NOT NULL,
    dimensions  int NOT NULL,
    -- of length 1, so that the dot product of two is their cosine
    vector      real[] NOT NULL,
    -- which job made it, so that an attempt knows what an earlier one did; no foreign key, the job is forgotten before
    job_id      uuid,
    created_at  timestamptz NOT NULL DEFAULT now(),

    -- with the job, so that what a collection still needs is read from the index alone
    CONSTRAINT chunk_has_one_vector_of_a_model PRIMARY KEY (document_id, ordinal, model) INCLUDE (job_id),
    FOREIGN KEY (document_id, ordinal) REFERENCES document_chunks ON DELETE CASCADE,
    CONSTRAINT vector_is_as_long_as_it_says CHECK (cardinality(vector) = dimensions)
);

-- A collection is walked in the order in which its documents came, and counted without its rows.
CREATE INDEX documents_by_collection ON documents (tenant_id, collection, id) INCLUDE (chunk_count);
