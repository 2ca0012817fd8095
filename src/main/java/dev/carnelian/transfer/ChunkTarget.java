package dev.carnelian.transfer;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.carnelian.document.Chunk;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Stores chunks. A chunk that is there already is replaced, and the last of several in a file stays; a document that is
 * not there is made. Embeddings go with the text they are of.
 */
final class ChunkTarget implements Target {
    private final ImportInput input;
    private final String tenant;

    ChunkTarget(ImportInput input, String tenant) {
        this.input = input;
        this.tenant = tenant;
    }

    @Override
    public Set<String> fields() {
        return Set.of("documentId", "document", "collection", "ordinal", "start", "end", "text");
    }

    @Override
    public Staged stage(Row row, Fields fields) throws RowException {
        String collection = DocumentTarget.collection(input, fields);
        DocumentRef document = DocumentRef.of(fields, input, tenant, collection);
        String text = fields.text("text", RowReader.MAX_ROW);
        if (text == null) {
            throw Fields.missing("text");
        }
        int start = (int) fields.number("start", 0, Integer.MAX_VALUE, 0);
        Chunk chunk = DocumentTarget.place(
                start, fields.number("end", 0, Integer.MAX_VALUE, (long) start + text.length()), text);
        StringBuilder line = new StringBuilder();
        CopyLine.append(
                line,
                row.number(),
                UuidCreator.getTimeOrderedEpochPlus1(),
                document.given(),
                document.derived(),
                collection,
                Objects.requireNonNullElse(document.name(), "document"),
                DocumentRef.ordinal(fields),
                chunk.start(),
                chunk.end(),
                text);
        return new Staged(row, line.toString(), "");
    }

    @Override
    public List<String> tables() {
        return List.of("""
                CREATE TEMP TABLE staged (row_number int, new_id uuid, given_id uuid, derived_id uuid, collection text,
                    document text, ordinal int, text_start int, text_end int, text text, document_id uuid, verdict text)""");
    }

    @Override
    public String columns() {
        return "row_number, new_id, given_id, derived_id, collection, document, ordinal, text_start, text_end, text";
    }

    @Override
    public List<String> merge() {
        boolean byName = input.keyOrDefault() == Key.NAME;
        List<String> statements = new ArrayList<>();
        if (byName) {
            statements.add(DocumentKeys.LOCK_NAMES);
        }
        statements.add(DocumentRef.find(input.keyOrDefault()));
        statements.add(NAME_MISSING.replace("$key", byName ? "s.document" : "s.derived_id"));
        statements.addAll(STORE);
        return statements;
    }

    private static final String NAME_MISSING = """
            UPDATE staged AS t
            SET document_id = f.id
            FROM (SELECT s.row_number,
                         first_value(coalesce(s.derived_id, s.new_id))
                             OVER (PARTITION BY s.collection, $key ORDER BY s.row_number) AS id
                  FROM staged AS s
                  WHERE s.verdict = 'document_not_found') AS f
            WHERE f.row_number = t.row_number""";

    private static final List<String> STORE = List.of("""
            INSERT INTO documents (id, tenant_id, collection, job_id, position, name, media_type, metadata, bytes,
                characters, truncated, chunk_count)
            SELECT DISTINCT ON (s.document_id) s.document_id, current_setting('carnelian.tenant'), s.collection,
                current_setting('carnelian.job')::uuid, s.row_number, s.document, 'text/plain', '{}'::jsonb, 0, 0, false, 0
            FROM staged AS s
            WHERE s.verdict = 'document_not_found'
            ORDER BY s.document_id, s.row_number""", """
            UPDATE staged AS t
            SET verdict = CASE WHEN f.nth > 1 OR f.found THEN 'updated' ELSE 'imported' END
            FROM (SELECT s.row_number, c.document_id IS NOT NULL AS found,
                         row_number() OVER (PARTITION BY s.document_id, s.ordinal ORDER BY s.row_number) AS nth
                  FROM staged AS s
                  LEFT JOIN document_chunks AS c ON c.document_id = s.document_id AND c.ordinal = s.ordinal
                  WHERE s.document_id IS NOT NULL) AS f
            WHERE f.row_number = t.row_number""", """
            DELETE FROM document_chunks AS c USING staged AS s
            WHERE s.verdict = 'updated' AND c.document_id = s.document_id AND c.ordinal = s.ordinal
                AND c.text <> s.text""", """
            INSERT INTO document_chunks (document_id, ordinal, text_start, text_end, text)
            SELECT DISTINCT ON (s.document_id, s.ordinal) s.document_id, s.ordinal, s.text_start, s.text_end, s.text
            FROM staged AS s
            WHERE s.verdict IN ('imported', 'updated')
            ORDER BY s.document_id, s.ordinal, s.row_number DESC
            ON CONFLICT (document_id, ordinal)
            DO UPDATE SET text_start = excluded.text_start, text_end = excluded.text_end, text = excluded.text""", """
            UPDATE documents AS d
            SET chunk_count = d.chunk_count + f.added, characters = greatest(d.characters, f.last)
            FROM (SELECT s.document_id, count(*) FILTER (WHERE s.verdict = 'imported') AS added, max(s.text_end) AS last
                  FROM staged AS s
                  WHERE s.verdict IN ('imported', 'updated')
                  GROUP BY s.document_id) AS f
            WHERE d.id = f.document_id AND d.tenant_id = current_setting('carnelian.tenant')""");
}
