package dev.carnelian.transfer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The statements that read what is exported. COPY takes no parameters, so what a caller gives is set for the session
 * beforehand, bound, and read by {@code current_setting}; the text of a statement is made of constants only.
 */
final class ExportQuery {
    /** The name of the setting that holds the tenant; {@link #settings} has the others. */
    private static final String TENANT = "carnelian.tenant";

    private static final String TIME = "to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

    /** What rows are read from, in which order, and what they have. */
    private record Source(String from, String created, String order, Map<String, String> columns) {}

    private static final Source DOCUMENTS = new Source(
            "documents AS d WHERE d.tenant_id = current_setting('carnelian.tenant')",
            "d.created_at",
            "d.job_id, d.position",
            columns(
                    "id", "d.id",
                    "name", "d.name",
                    "collection", "d.collection",
                    "mediaType", "d.media_type",
                    "language", "d.language",
                    "metadata", "d.metadata",
                    "bytes", "d.bytes",
                    "characters", "d.characters",
                    "truncated", "d.truncated",
                    "createdAt", TIME.formatted("d.created_at"),
                    "chunks", """
                            (SELECT coalesce(json_agg(json_build_object(
                                        'start', c.text_start, 'end', c.text_end, 'text', c.text) ORDER BY c.ordinal), '[]')
                             FROM document_chunks AS c WHERE c.document_id = d.id)"""));

    private static final Source CHUNKS = new Source(
            """
            documents AS d JOIN document_chunks AS c ON c.document_id = d.id
            WHERE d.tenant_id = current_setting('carnelian.tenant')""",
            "d.created_at",
            "d.job_id, d.position, c.ordinal",
            columns(
                    "documentId", "d.id",
                    "document", "d.name",
                    "collection", "d.collection",
                    "ordinal", "c.ordinal",
                    "start", "c.text_start",
                    "end", "c.text_end",
                    "text", "c.text"));

    private static final Source EMBEDDINGS = new Source(
            """
            documents AS d JOIN embeddings AS e ON e.document_id = d.id
            WHERE d.tenant_id = current_setting('carnelian.tenant')""",
            "d.created_at",
            "d.job_id, d.position, e.ordinal, e.model",
            columns(
                    "documentId", "d.id",
                    "document", "d.name",
                    "collection", "d.collection",
                    "ordinal", "e.ordinal",
                    "model", "e.model",
                    "dimensions", "e.dimensions",
                    "vector", "to_json(e.vector)"));

    // Without the input, which the API shows only to keys with a scope that a file cannot ask for. A result is the text
    // a handler gave: line ends in it are white space between its tokens, and would end the row.
    private static final Source JOBS = new Source(
            "jobs AS j WHERE j.tenant_id = current_setting('carnelian.tenant')",
            "j.created_at",
            "j.id",
            columns(
                    "id", "j.id",
                    "type", "j.type",
                    "status", "j.status",
                    "queue", "j.queue",
                    "priority", "j.priority",
                    "labels", "j.labels",
                    "attempt", "j.attempt",
                    "maxAttempts", "j.max_attempts",
                    "node", "j.node",
                    "originalJobId", "j.original_job_id",
                    "rootJobId", "j.root_job_id",
                    "createdAt", TIME.formatted("j.created_at"),
                    "scheduledAt", TIME.formatted("j.scheduled_at"),
                    "startedAt", TIME.formatted("j.started_at"),
                    "completedAt", TIME.formatted("j.completed_at"),
                    "failureCode", "j.failure_code",
                    "result", "translate(j.result::text, E'\\r\\n', '  ')::json"));

    private final Source source;
    private final String where;
    private final Map<String, String> settings = new LinkedHashMap<>();

    ExportQuery(String tenant, ExportInput input) {
        this.source = switch (input.what()) {
            case DOCUMENTS -> DOCUMENTS;
            case CHUNKS -> CHUNKS;
            case EMBEDDINGS -> EMBEDDINGS;
            case JOBS -> JOBS;
        };
        settings.put(TENANT, tenant);
        List<String> conditions = new ArrayList<>();
        filter(conditions, "collection", "d.collection = %s", input.collection());
        filter(conditions, "type", "j.type = %s", input.type());
        filter(
                conditions,
                "status",
                "j.status = %s",
                input.status() == null ? null : input.status().wireName());
        filter(conditions, "after", source.created() + " >= %s::timestamptz", input.createdAfter());
        filter(conditions, "before", source.created() + " < %s::timestamptz", input.createdBefore());
        this.where = String.join("", conditions);
    }

    private void filter(List<String> conditions, String name, String condition, @Nullable Object value) {
        if (value != null) {
            String setting = "carnelian." + name;
            settings.put(setting, value.toString());
            conditions.add(" AND " + condition.formatted("current_setting('" + setting + "')"));
        }
    }

    private static Map<String, String> columns(String... namesAndExpressions) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (int i = 0; i < namesAndExpressions.length; i += 2) {
            columns.put(namesAndExpressions[i], namesAndExpressions[i + 1]);
        }
        return columns;
    }

    /** What has to be set, by name, before the statements are run. */
    Map<String, String> settings() {
        return settings;
    }

    String count() {
        return "SELECT count(*) FROM " + source.from() + where;
    }

    /** A COPY that sends the lines of the file. */
    String copy(Format format) {
        return switch (format) {
            case JSONL ->
                // Text format would double each backslash; these two characters are in no JSON.
                "COPY (SELECT row_to_json(r) FROM (" + select("%s") + ") AS r)"
                        + " TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')";
            case CSV -> "COPY (" + select("csv_cell((%s)::text)") + ") TO STDOUT (FORMAT csv, HEADER)";
        };
    }

    private String select(String cell) {
        String columns = source.columns().entrySet().stream()
                .map(column -> cell.formatted(column.getValue()) + " AS \"" + column.getKey() + '"')
                .collect(Collectors.joining(", "));
        return "SELECT " + columns + " FROM " + source.from() + where + " ORDER BY " + source.order();
    }
}
