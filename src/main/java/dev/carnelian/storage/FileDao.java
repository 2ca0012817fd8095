package dev.carnelian.storage;

import dev.carnelian.job.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** The statements against {@code files} and {@code file_chunks}. A file without a size is an upload in progress. */
@RegisterRowMapper(FileDao.StoredFileMapper.class)
interface FileDao {
    @SqlUpdate("""
            INSERT INTO files (id, tenant_id, name, media_type, expires_at)
            VALUES (:id, :tenant, :name, :mediaType, now() + interval '1 day')
            """)
    void begin(UUID id, String tenant, String name, String mediaType);

    @SqlUpdate("INSERT INTO file_chunks (file_id, ordinal, data) VALUES (:id, :ordinal, :data)")
    void append(UUID id, int ordinal, byte[] data);

    @SqlQuery("""
            UPDATE files
            SET size = :size, sha256 = :sha256, expires_at = now() + make_interval(secs => :keepSeconds)
            WHERE id = :id AND tenant_id = :tenant AND size IS NULL
            RETURNING id, tenant_id, name, media_type, size, encode(sha256, 'hex') AS sha256, created_at, expires_at
            """)
    Optional<StoredFile> complete(UUID id, String tenant, long size, byte[] sha256, long keepSeconds);

    @SqlQuery("""
            SELECT id, tenant_id, name, media_type, size, encode(sha256, 'hex') AS sha256, created_at, expires_at
            FROM files
            WHERE id = :id AND tenant_id = :tenant AND size IS NOT NULL AND expires_at > now()
            """)
    Optional<StoredFile> find(UUID id, String tenant);

    @SqlQuery("""
            SELECT substring(c.data FROM :from + 1 FOR :length)
            FROM file_chunks AS c
            JOIN files AS f ON f.id = c.file_id
            WHERE f.id = :id AND f.tenant_id = :tenant AND c.ordinal = :ordinal
            """)
    Optional<byte[]> read(UUID id, String tenant, int ordinal, int from, int length);

    @SqlUpdate("DELETE FROM files WHERE id = :id AND tenant_id = :tenant AND size IS NOT NULL")
    int delete(UUID id, String tenant);

    @SqlUpdate("DELETE FROM files WHERE id = :id AND tenant_id = :tenant AND size IS NULL")
    int abandon(UUID id, String tenant);

    @SqlUpdate("""
            DELETE FROM files
            WHERE id IN (SELECT id FROM files WHERE expires_at <= now()
                         ORDER BY expires_at LIMIT :batch FOR UPDATE SKIP LOCKED)
            """)
    int deleteExpired(int batch);

    /** Reads the columns that {@code find} selects. */
    final class StoredFileMapper implements RowMapper<StoredFile> {
        @Override
        public StoredFile map(ResultSet row, StatementContext context) throws SQLException {
            return new StoredFile(
                    new FileId(row.getObject("id", UUID.class)),
                    new TenantId(row.getString("tenant_id")),
                    row.getString("name"),
                    row.getString("media_type"),
                    row.getLong("size"),
                    row.getString("sha256"),
                    row.getObject("created_at", OffsetDateTime.class).toInstant(),
                    row.getObject("expires_at", OffsetDateTime.class).toInstant());
        }
    }
}
