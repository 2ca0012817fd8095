package dev.carnelian.transfer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * How rows find their documents. An id says which document it was where the file was made; where that is not a document
 * of the collection, it stands for an id that is always the same for this tenant, collection and id. So whatever is
 * imported twice, or in parts, comes together, and nobody's id can be taken, or probed for.
 */
final class DocumentKeys {
    static final int LONGEST_ID = 200;

    private static final Pattern CANONICAL = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final long VERSION_8 = 0x8000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    /**
     * The documents that a staged row may mean. By id, and only then by owner: on a table that has grown since it was last
     * analyzed the planner holds an index on the owner to be as good, and reads a whole collection for each row.
     */
    private static final String BY_ID = """
            LEFT JOIN LATERAL (SELECT id, job_id, tenant_id, collection
                               FROM documents WHERE id IN (s.given_id, s.derived_id) OFFSET 0) AS d
                ON d.tenant_id = current_setting('carnelian.tenant') AND d.collection = s.collection""";

    private static final String BY_NAME = """
            LEFT JOIN documents AS d
                ON d.tenant_id = current_setting('carnelian.tenant') AND d.collection = s.collection
                    AND md5(d.name) = md5(s.document) AND d.name = s.document""";

    /** Two imports at once must not make the same name twice. In one order, so that they do not wait for each other. */
    static final String LOCK_NAMES = """
            SELECT pg_advisory_xact_lock(hashtextextended(current_setting('carnelian.tenant') || ' ' || collection, 0))
            FROM (SELECT DISTINCT collection FROM staged ORDER BY collection) AS c""";

    private DocumentKeys() {}

    /** Joins documents as {@code d} to staged rows {@code s}. */
    static String join(Key key) {
        return key == Key.NAME ? BY_NAME : BY_ID;
    }

    /** What {@code given} is if it is an id of ours. */
    static Optional<UUID> given(String given) {
        return CANONICAL.matcher(given).matches() ? Optional.of(UUID.fromString(given)) : Optional.empty();
    }

    static UUID derived(String tenant, String collection, String given) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer hash = ByteBuffer.wrap(
                    digest.digest((tenant + '\n' + collection + '\n' + given).getBytes(StandardCharsets.UTF_8)));
            long high = (hash.getLong() & ~0xF000L) | VERSION_8;
            long low = (hash.getLong() & ~0xC000_0000_0000_0000L) | VARIANT;
            return new UUID(high, low);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
