package dev.carnelian.embedding;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For those who search with pgvector: a column {@code embedding} of its type {@code halfvec} that PostgreSQL keeps equal to
 * the vector. It is added where the extension can be had, and is not there elsewhere; nothing here reads it.
 */
public final class VectorColumn {
    private static final Logger LOG = LoggerFactory.getLogger(VectorColumn.class);

    // Looked at first, as altering a table waits for everybody who uses it.
    private static final String ADD = """
            DO $$
            BEGIN
                IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')
                    AND NOT EXISTS (
                        SELECT FROM pg_attribute
                        WHERE attrelid = 'embeddings'::regclass AND attname = 'embedding' AND NOT attisdropped)
                THEN
                    SET LOCAL lock_timeout = '2s';
                    CREATE EXTENSION IF NOT EXISTS vector;
                    ALTER TABLE embeddings ADD COLUMN IF NOT EXISTS embedding halfvec(384)
                        GENERATED ALWAYS AS (CASE WHEN dimensions = 384 THEN vector::halfvec(384) END) STORED;
                END IF;
            END
            $$""";

    private VectorColumn() {}

    /** Adds the column unless it is there or cannot be; never fails for that. */
    public static void addIfPossible(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(ADD);
        } catch (SQLException e) {
            LOG.warn("the embeddings get no column for pgvector, and the next start tries again: {}", e.getMessage());
        }
    }
}
