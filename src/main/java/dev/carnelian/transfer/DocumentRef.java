package dev.carnelian.transfer;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The document that a chunk or a vector is of, by the key of the import.
 *
 * @param given its id, if the row has one of ours
 * @param derived what the id stands for here
 * @param name of the document, or its id if it has no other
 */
record DocumentRef(
        @Nullable UUID given,
        @Nullable UUID derived,
        @Nullable String name) {
    static DocumentRef of(Fields fields, ImportInput input, String tenant, String collection) throws RowException {
        if (input.keyOrDefault() == Key.NAME) {
            return new DocumentRef(null, null, fields.required("document", DocumentTarget.LONGEST_NAME));
        }
        String id = fields.required("documentId", DocumentKeys.LONGEST_ID);
        String name = fields.text("document", DocumentTarget.LONGEST_NAME);
        return new DocumentRef(
                DocumentKeys.given(id).orElse(null),
                DocumentKeys.derived(tenant, collection, id),
                name == null ? id : name);
    }

    static long ordinal(Fields fields) throws RowException {
        if (!fields.has("ordinal")) {
            throw Fields.missing("ordinal");
        }
        return fields.number("ordinal", 0, Integer.MAX_VALUE, 0);
    }

    /** Finds the documents of what is staged; where there is not exactly one the verdict says so. */
    static String find(Key key) {
        return FIND.replace("$join", DocumentKeys.join(key))
                .replace("$ambiguous", key == Key.NAME ? "f.found > 1" : "false");
    }

    private static final String FIND = """
            UPDATE staged AS t
            SET document_id = CASE WHEN $ambiguous THEN NULL ELSE f.id END,
                verdict = CASE WHEN $ambiguous THEN 'ambiguous_key' WHEN f.found = 0 THEN 'document_not_found' END
            FROM (SELECT s.row_number, count(d.id) AS found,
                         (array_agg(d.id ORDER BY d.id = s.given_id DESC))[1] AS id
                  FROM staged AS s
                  $join
                  GROUP BY s.row_number) AS f
            WHERE f.row_number = t.row_number""";
}
