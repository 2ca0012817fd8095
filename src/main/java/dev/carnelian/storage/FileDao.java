package dev.carnelian.storage;

import dev.carnelian.job.TenantId;
import dev.carnelian.storage.FileContents.Gone;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** The statements against {@code files} and {@code file_chunks}. A file without a size is an upload in progress. */
@RegisterRowMapper(FileDao.StoredFileMapper.class)
interface FileDao {
    String REMEMBER_OBJECTS = """
            ), objects AS (
                INSERT INTO deleted_objects (file_id, upload_id) SELECT id, upload_id FROM gone WHERE in_bucket
                ON CONFLICT DO NOTHING)
            SELECT count(*) FROM gone
            """;

    @SqlUpdate("""
            INSERT INTO files (id, tenant_id, name, media_type, in_bucket, expires_at)
            VALUES (:id, :tenant, :name, :mediaType, :inBucket, now() + interval '1 day')
            """)
    void begin(UUID id, String tenant, String name, String mediaType, boolean inBucket);

    @SqlUpdate("UPDATE files SET upload_id = :uploadId WHERE id = :id AND size IS NULL")
    void uploadBegun(UUID id, String uploadId);

    @SqlUpdate("INSERT INTO file_chunks (file_id, ordinal, data) VALUES (:id, :ordinal, :data)")
    void append(UUID id, int ordinal, byte[] data);

    @SqlQuery("""
            UPDATE files
            SET size = :size, sha256 = :sha256, upload_id = NULL, expires_at = now() + make_interval(secs => :keepSeconds)
            WHERE id = :id AND tenant_id = :tenant AND size IS NULL
            RETURNING id, tenant_id, name, media_type, size, encode(sha256, 'hex') AS sha256, in_bucket,
                created_at, expires_at
            """)
    Optional<StoredFile> complete(UUID id, String tenant, long size, byte[] sha256, long keepSeconds);

    @SqlQuery("""
            SELECT id, tenant_id, name, media_type, size, encode(sha256, 'hex') AS sha256, in_bucket,
                created_at, expires_at
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

    @SqlQuery("""
            WITH gone AS (
                DELETE FROM files WHERE id = :id AND tenant_id = :tenant AND size IS NOT NULL
                RETURNING id, in_bucket, upload_id
            """ + REMEMBER_OBJECTS)
    int delete(UUID id, String tenant);

    @SqlQuery("""
            WITH gone AS (
                DELETE FROM files WHERE id = :id AND tenant_id = :tenant AND size IS NULL
                RETURNING id, in_bucket, upload_id
            """ + REMEMBER_OBJECTS)
    int abandon(UUID id, String tenant);

    @SqlQuery("""
            WITH gone AS (
                DELETE FROM files
                WHERE id IN (SELECT id FROM files WHERE expires_at <= now()
                             ORDER BY expires_at LIMIT :batch FOR UPDATE SKIP LOCKED)
                RETURNING id, in_bucket, upload_id
            """ + REMEMBER_OBJECTS)
    int deleteExpired(int batch);

    @SqlUpdate("INSERT INTO deleted_objects (file_id) VALUES (:id) ON CONFLICT DO NOTHING")
    void rememberObject(UUID id);

    /** Objects that nobody has tried to delete within the last minute; they are this caller's for another one. */
    @SqlQuery("""
            UPDATE deleted_objects SET tried_at = now()
            WHERE file_id IN (SELECT file_id FROM deleted_objects WHERE tried_at < now() - interval '1 minute'
                              ORDER BY tried_at LIMIT :batch FOR UPDATE SKIP LOCKED)
            RETURNING file_id, upload_id
            """)
    @RegisterConstructorMapper(Gone.class)
    List<Gone> objectsToDelete(int batch);

    @SqlQuery("SELECT file_id, upload_id FROM deleted_objects WHERE file_id = :id")
    @RegisterConstructorMapper(Gone.class)
    Optional<Gone> objectToDelete(UUID id);

    @SqlUpdate("DELETE FROM deleted_objects WHERE file_id = ANY(:ids)")
    void forgetObjects(List<UUID> ids);

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
                    row.getBoolean("in_bucket"),
                    row.getObject("created_at", OffsetDateTime.class).toInstant(),
                    row.getObject("expires_at", OffsetDateTime.class).toInstant());
        }
    }
}
