package dev.carnelian.access;

import dev.carnelian.job.TenantId;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** The statements against {@code tenants} and {@code api_keys}. */
@RegisterConstructorMapper(KeyDao.KeyRow.class)
interface KeyDao {
    @SqlUpdate("INSERT INTO tenants (id) VALUES (:id) ON CONFLICT DO NOTHING")
    void insertTenant(@Bind("id") String id);

    @SqlQuery("""
            INSERT INTO api_keys (id, tenant_id, name, prefix, hash, scopes, expires_at)
            VALUES (:key.id, :key.tenantId, :key.name, :key.prefix, decode(:key.hashHex, 'hex'), :key.scopes,
                    now() + :lifetimeMs * interval '1 millisecond')
            RETURNING *, encode(hash, 'hex') AS hash_hex
            """)
    KeyRow insert(@BindMethods("key") NewKey key, @Bind("lifetimeMs") @Nullable Long lifetimeMs);

    @SqlQuery("""
            SELECT *, encode(hash, 'hex') AS hash_hex FROM api_keys
            WHERE :tenant::text IS NULL OR tenant_id = :tenant
            ORDER BY tenant_id, created_at, id
            LIMIT :limit
            """)
    List<KeyRow> list(@Bind("tenant") @Nullable String tenant, @Bind("limit") int limit);

    /** Live to revoked. */
    @SqlUpdate("""
            UPDATE api_keys SET revoked_at = now()
            WHERE id = :id AND tenant_id = :tenant AND revoked_at IS NULL
            """)
    int revoke(@Bind("tenant") String tenant, @Bind("id") UUID id);

    @SqlQuery("SELECT EXISTS (SELECT FROM api_keys WHERE id = :id AND tenant_id = :tenant)")
    boolean exists(@Bind("tenant") String tenant, @Bind("id") UUID id);

    @SqlQuery("SELECT clock_timestamp()")
    Instant now();

    @SqlQuery("SELECT *, encode(hash, 'hex') AS hash_hex FROM api_keys")
    List<KeyRow> all();

    @SqlQuery(
            "SELECT *, encode(hash, 'hex') AS hash_hex FROM api_keys WHERE coalesce(revoked_at, created_at) >= :since")
    List<KeyRow> changedSince(@Bind("since") Instant since);

    /** Several nodes see the same key used; whoever writes first in a minute is enough. */
    @SqlUpdate("""
            UPDATE api_keys SET last_used_at = now()
            WHERE id = ANY(:ids) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
            """)
    void markUsed(@Bind("ids") UUID[] ids);

    /** What is stored of a new key. */
    record NewKey(UUID id, String tenantId, String name, String prefix, String hashHex, List<String> scopes) {}

    /** A row as it is. */
    record KeyRow(
            UUID id,
            String tenantId,
            String name,
            String prefix,
            String hashHex,
            List<String> scopes,
            Instant createdAt,
            @Nullable Instant expiresAt,
            @Nullable Instant revokedAt,
            @Nullable Instant lastUsedAt) {

        ApiKey toApiKey() {
            return new ApiKey(
                    id, new TenantId(tenantId), name, prefix, scopeSet(), createdAt, expiresAt, revokedAt, lastUsedAt);
        }

        Caller toCaller() {
            return new Caller(new TenantId(tenantId), id, scopeSet());
        }

        /** Without the scopes that only a later version knows. */
        private Set<Scope> scopeSet() {
            Set<Scope> known = EnumSet.noneOf(Scope.class);
            scopes.stream().map(Scope::ofWireName).flatMap(Optional::stream).forEach(known::add);
            return known;
        }
    }

    static UUID[] array(Collection<UUID> ids) {
        return ids.toArray(UUID[]::new);
    }
}
