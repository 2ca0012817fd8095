-- How far each import has come. Changed in the transaction that stores the rows, so that another attempt goes on after
-- the last row that is stored, and an attempt that was replaced can store nothing more.
-- Retention: a day after the last change, once the job is not waiting or running any more. What a url answered goes then
-- at the latest.

CREATE TABLE imports (
    -- no foreign key: jobs are deleted in sets, and need not look here
    job_id        uuid PRIMARY KEY,
    tenant_id     text NOT NULL,
    -- the attempt that may go on
    run           uuid NOT NULL,
    -- what a url answered, kept so that every attempt reads the same bytes; or will have answered, as its id is noted first
    source_file   uuid,
    rows_done     int NOT NULL DEFAULT 0,
    rows_imported int NOT NULL DEFAULT 0,
    rows_updated  int NOT NULL DEFAULT 0,
    rows_failed   int NOT NULL DEFAULT 0,
    error_file    uuid,
    -- no more rows are to be read: from then on this row says all that the result does, and the file is not needed
    finished      boolean NOT NULL DEFAULT false,
    format        text,
    compression   text,
    changed_at    timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT finished_import_knows_its_file
        CHECK (NOT finished OR (format IS NOT NULL AND compression IS NOT NULL))
);

CREATE INDEX imports_by_age ON imports (changed_at);

-- Rows that were refused, until they are written to the error file. They go with their import.
CREATE TABLE import_errors (
    job_id     uuid NOT NULL REFERENCES imports ON DELETE CASCADE,
    row_number int NOT NULL,
    code       text NOT NULL,
    message    text NOT NULL,
    raw        text NOT NULL,
    PRIMARY KEY (job_id, row_number)
);

-- Import looks documents up by name; so does whoever wants those of a collection. By the digest, as an index takes no text
-- of any length.
CREATE INDEX documents_by_name ON documents (tenant_id, collection, md5(name));

-- A cell of a CSV file that no spreadsheet takes for a formula; import undoes it. A leading apostrophe is doubled, so
-- that nothing is undone that was not done.
CREATE FUNCTION csv_cell(cell text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN left(cell, 1) IN ('=', '+', '-', '@', E'\t', E'\r', '''') THEN '''' || cell ELSE cell END $$;
