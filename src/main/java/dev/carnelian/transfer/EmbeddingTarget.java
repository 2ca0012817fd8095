package dev.carnelian.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Stores vectors of chunks that are there. One that is there already is replaced. */
final class EmbeddingTarget implements Target {
    private static final int MOST_DIMENSIONS = 16_000;

    private final ImportInput input;
    private final String tenant;

    EmbeddingTarget(ImportInput input, String tenant) {
        this.input = input;
        this.tenant = tenant;
    }

    @Override
    public Set<String> fields() {
        return Set.of("documentId", "document", "collection", "ordinal", "model", "dimensions", "vector");
    }

    @Override
    public Staged stage(Row row, Fields fields) throws RowException {
        String collection = DocumentTarget.collection(input, fields);
        DocumentRef document = DocumentRef.of(fields, input, tenant, collection);
        JsonNode vector = fields.json("vector");
        if (vector == null) {
            throw Fields.missing("vector");
        }
        StringBuilder line = new StringBuilder();
        CopyLine.append(
                line,
                row.number(),
                document.given(),
                document.derived(),
                collection,
                document.name(),
                DocumentRef.ordinal(fields),
                fields.required("model", 200),
                fields.number("dimensions", vector.size(), vector.size(), vector.size()),
                array(vector));
        return new Staged(row, line.toString(), "");
    }

    private static String array(JsonNode vector) throws RowException {
        if (!vector.isArray() || vector.isEmpty() || vector.size() > MOST_DIMENSIONS) {
            throw Fields.invalid("vector", "must be an array of 1 to " + MOST_DIMENSIONS + " numbers");
        }
        StringBuilder array = new StringBuilder("{");
        for (JsonNode element : vector) {
            float number = element.floatValue();
            if (!element.isNumber() || !Float.isFinite(number)) {
                throw Fields.invalid("vector", "must be of numbers that fit in four bytes");
            }
            array.append(array.length() > 1 ? "," : "").append(number);
        }
        return array.append('}').toString();
    }

    @Override
    public List<String> tables() {
        return List.of("""
                CREATE TEMP TABLE staged (row_number int, given_id uuid, derived_id uuid, collection text, document text,
                    ordinal int, model text, dimensions int, vector real[], document_id uuid, verdict text)""");
    }

    @Override
    public String columns() {
        return "row_number, given_id, derived_id, collection, document, ordinal, model, dimensions, vector";
    }

    @Override
    public List<String> merge() {
        List<String> statements = new ArrayList<>();
        statements.add(DocumentRef.find(input.keyOrDefault()));
        statements.addAll(STORE);
        return statements;
    }

    private static final List<String> STORE = List.of("""
            UPDATE staged AS t
            SET verdict = CASE WHEN NOT f.chunk THEN 'chunk_not_found'
                               WHEN f.nth > 1 OR f.found THEN 'updated'
                               ELSE 'imported' END
            FROM (SELECT s.row_number, c.document_id IS NOT NULL AS chunk, e.document_id IS NOT NULL AS found,
                         row_number() OVER (PARTITION BY s.document_id, s.ordinal, s.model ORDER BY s.row_number) AS nth
                  FROM staged AS s
                  LEFT JOIN document_chunks AS c ON c.document_id = s.document_id AND c.ordinal = s.ordinal
                  LEFT JOIN embeddings AS e
                      ON e.document_id = s.document_id AND e.ordinal = s.ordinal AND e.model = s.model
                  WHERE s.document_id IS NOT NULL) AS f
            WHERE f.row_number = t.row_number""", """
            INSERT INTO embeddings (document_id, ordinal, model, dimensions, vector)
            SELECT DISTINCT ON (s.document_id, s.ordinal, s.model)
                s.document_id, s.ordinal, s.model, s.dimensions, s.vector
            FROM staged AS s
            WHERE s.verdict IN ('imported', 'updated')
            ORDER BY s.document_id, s.ordinal, s.model, s.row_number DESC
            ON CONFLICT (document_id, ordinal, model)
            DO UPDATE SET dimensions = excluded.dimensions, vector = excluded.vector, created_at = now()""");
}
