package dev.carnelian.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.f4b6a3.uuid.UuidCreator;
import dev.carnelian.document.Chunk;
import dev.carnelian.document.Chunker;
import dev.carnelian.document.DocumentsInput;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Stores documents with their chunks. A document that is there already is replaced, with all its chunks. */
final class DocumentTarget implements Target {
    static final int LONGEST_NAME = 4_000;

    private final ImportInput input;
    private final String tenant;
    private final Chunker chunker;

    DocumentTarget(ImportInput input, String tenant) {
        this.input = input;
        this.tenant = tenant;
        this.chunker = new Chunker(input.chunkSizeOrDefault(), input.chunkOverlapOrDefault());
    }

    @Override
    public Set<String> fields() {
        return Set.of(
                "id",
                "name",
                "collection",
                "mediaType",
                "language",
                "metadata",
                "bytes",
                "characters",
                "truncated",
                "createdAt",
                "chunks",
                "text");
    }

    @Override
    public Staged stage(Row row, Fields fields) throws RowException {
        String collection = collection(input, fields);
        String id = fields.text("id", DocumentKeys.LONGEST_ID);
        List<Chunk> chunks = chunks(fields);
        long characters = chunks.isEmpty() ? 0 : chunks.get(chunks.size() - 1).end();
        long bytes = chunks.stream()
                .mapToLong(chunk -> chunk.text().getBytes(StandardCharsets.UTF_8).length)
                .sum();
        StringBuilder line = new StringBuilder();
        CopyLine.append(
                line,
                row.number(),
                UuidCreator.getTimeOrderedEpochPlus1(),
                id == null ? null : DocumentKeys.given(id).orElse(null),
                id == null ? null : DocumentKeys.derived(tenant, collection, id),
                collection,
                fields.required("name", LONGEST_NAME),
                Objects.requireNonNullElse(fields.text("mediaType", 200), "text/plain"),
                fields.text("language", 35),
                fields.metadata(),
                fields.number("bytes", 0, Long.MAX_VALUE, bytes),
                fields.number("characters", 0, Integer.MAX_VALUE, characters),
                fields.isTrue("truncated"),
                chunks.size(),
                fields.time("createdAt"));
        StringBuilder parts = new StringBuilder();
        for (int ordinal = 0; ordinal < chunks.size(); ordinal++) {
            Chunk chunk = chunks.get(ordinal);
            CopyLine.append(parts, row.number(), ordinal, chunk.start(), chunk.end(), chunk.text());
        }
        return new Staged(row, line.toString(), parts.toString());
    }

    static String collection(ImportInput input, Fields fields) throws RowException {
        if (input.collection() != null) {
            return input.collection();
        }
        String collection = fields.text("collection", 100);
        if (collection != null && !collection.matches(DocumentsInput.COLLECTION)) {
            throw Fields.invalid("collection", DocumentsInput.COLLECTION_RULE);
        }
        return collection == null ? DocumentsInput.DEFAULT_COLLECTION : collection;
    }

    private List<Chunk> chunks(Fields fields) throws RowException {
        JsonNode given = fields.json("chunks");
        if (given == null) {
            List<Chunk> chunks = chunker.split(fields.required("text", RowReader.MAX_ROW));
            if (chunks.isEmpty()) {
                throw new RowException("no_text_found", "the text is blank");
            }
            return chunks;
        }
        if (!given.isArray()) {
            throw Fields.invalid("chunks", "must be an array");
        }
        List<Chunk> chunks = new ArrayList<>();
        int end = 0;
        for (JsonNode element : given) {
            Chunk chunk = chunk(element, end);
            end = chunk.end();
            chunks.add(chunk);
        }
        return chunks;
    }

    /** A chunk that does not say where it stands follows the one before it. */
    private static Chunk chunk(JsonNode element, int follows) throws RowException {
        JsonNode text = element.isTextual() ? element : element.path("text");
        if (!text.isTextual()) {
            throw Fields.invalid("chunks", "must be texts, or objects with a text");
        }
        if (!Utf8.isStorable(text.textValue())) {
            throw new RowException("invalid_text", "a chunk has U+0000, or bytes or escapes that are no character");
        }
        JsonNode start = element.path("start");
        JsonNode end = element.path("end");
        int from = start.isMissingNode() ? follows : (int) Fields.number("start", start, 0, Integer.MAX_VALUE);
        long to = end.isMissingNode()
                ? (long) from + text.textValue().length()
                : Fields.number("end", end, 0, Integer.MAX_VALUE);
        return place(from, to, text.textValue());
    }

    static Chunk place(int start, long end, String text) throws RowException {
        if (end - start != text.length() || end > Integer.MAX_VALUE) {
            throw Fields.invalid("end", "must be start and the length of the text in UTF-16 units");
        }
        return new Chunk(start, (int) end, text);
    }

    @Override
    public List<String> tables() {
        return List.of("""
                CREATE TEMP TABLE staged (row_number int, new_id uuid, given_id uuid, derived_id uuid, collection text,
                    document text, media_type text, language text, metadata jsonb, bytes bigint, characters int,
                    truncated boolean, chunk_count int, created_at timestamptz, document_id uuid, verdict text)""", """
                CREATE TEMP TABLE staged_parts (row_number int, ordinal int, text_start int, text_end int, text text)""");
    }

    @Override
    public String columns() {
        return "row_number, new_id, given_id, derived_id, collection, document, media_type, language, metadata, bytes,"
                + " characters, truncated, chunk_count, created_at";
    }

    @Override
    public String partColumns() {
        return "row_number, ordinal, text_start, text_end, text";
    }

    @Override
    public List<String> merge() {
        List<String> statements = new ArrayList<>();
        boolean byName = input.keyOrDefault() == Key.NAME;
        if (byName) {
            statements.add(DocumentKeys.LOCK_NAMES);
        }
        statements.add(CLASSIFY.replace("$join", DocumentKeys.join(input.keyOrDefault()))
                .replace("$key", byName ? "s.document" : "coalesce(s.derived_id, s.new_id)")
                .replace("$ambiguous", byName ? "f.found > 1" : "false"));
        statements.addAll(STORE);
        return statements;
    }

    /** A key may occur once in an import: a second row would silently undo the first. */
    private static final String CLASSIFY = """
            UPDATE staged AS t
            SET document_id = coalesce(f.id, t.derived_id, t.new_id),
                verdict = CASE WHEN f.nth > 1 OR f.mine THEN 'duplicate_key'
                               WHEN $ambiguous THEN 'ambiguous_key'
                               WHEN f.found > 0 THEN 'updated'
                               ELSE 'imported' END
            FROM (SELECT s.row_number, s.nth, count(d.id) AS found,
                         (array_agg(d.id ORDER BY d.id = s.given_id DESC))[1] AS id,
                         coalesce(bool_or(d.job_id = current_setting('carnelian.job')::uuid), false) AS mine
                  FROM (SELECT s.row_number, s.collection, s.document, s.given_id, s.derived_id,
                               row_number() OVER (PARTITION BY s.collection, $key ORDER BY s.row_number) AS nth
                        FROM staged AS s) AS s
                  $join
                  GROUP BY s.row_number, s.nth) AS f
            WHERE f.row_number = t.row_number""";

    private static final List<String> STORE = List.of("""
            DELETE FROM document_chunks AS c USING staged AS s
            WHERE s.verdict = 'updated' AND c.document_id = s.document_id""", """
            UPDATE documents AS d
            SET job_id = current_setting('carnelian.job')::uuid, position = s.row_number, name = s.document,
                media_type = s.media_type, language = s.language, metadata = s.metadata, bytes = s.bytes,
                characters = s.characters, truncated = s.truncated, chunk_count = s.chunk_count,
                created_at = coalesce(s.created_at, d.created_at)
            FROM staged AS s
            WHERE s.verdict = 'updated' AND d.id = s.document_id AND d.tenant_id = current_setting('carnelian.tenant')""", """
            INSERT INTO documents (id, tenant_id, collection, job_id, position, name, media_type, language, metadata,
                bytes, characters, truncated, chunk_count, created_at)
            SELECT s.document_id, current_setting('carnelian.tenant'), s.collection,
                current_setting('carnelian.job')::uuid, s.row_number, s.document, s.media_type, s.language, s.metadata,
                s.bytes, s.characters, s.truncated, s.chunk_count, coalesce(s.created_at, now())
            FROM staged AS s
            WHERE s.verdict = 'imported'""", """
            INSERT INTO document_chunks (document_id, ordinal, text_start, text_end, text)
            SELECT s.document_id, p.ordinal, p.text_start, p.text_end, p.text
            FROM staged AS s
            JOIN staged_parts AS p ON p.row_number = s.row_number
            WHERE s.verdict IN ('imported', 'updated')""");
}
