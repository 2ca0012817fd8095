package dev.carnelian.queue;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.carnelian.job.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Jdbi;

/**
 * How long a tenant's jobs of each type have lately taken, from the start of the attempt that completed them. Looked up
 * at most every half minute for each tenant. Thread-safe.
 */
public final class Durations {
    private static final int RECENT_JOBS = 2_000;

    private final LoadingCache<TenantId, Map<String, Typical>> recent;

    /** The durations that half of the recent jobs, and 95 in a hundred, stayed within. */
    public record Typical(Duration p50, Duration p95) {}

    public Durations(Jdbi jdbi) {
        recent = Caffeine.newBuilder()
                .maximumSize(1_000)
                .expireAfterWrite(Duration.ofSeconds(30))
                .build(tenant -> read(jdbi, tenant));
    }

    /** Empty as long as no job of the type was among the tenant's recently completed ones. */
    public Optional<Typical> of(TenantId tenant, String type) {
        return Optional.ofNullable(recent.get(tenant).get(type));
    }

    private static Map<String, Typical> read(Jdbi jdbi, TenantId tenant) {
        List<Map.Entry<String, Typical>> types = jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT type, percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (
                            ORDER BY (extract(epoch FROM completed_at - started_at) * 1000)::bigint) AS ms
                        FROM (SELECT type, started_at, completed_at FROM jobs
                              WHERE tenant_id = :tenant AND final_status = 'completed'
                              ORDER BY created_at DESC, id DESC LIMIT :limit) AS recent
                        GROUP BY type""")
                .bind("tenant", tenant.value())
                .bind("limit", RECENT_JOBS)
                .map((row, context) -> {
                    Long[] ms = (Long[]) row.getArray("ms").getArray();
                    return Map.entry(
                            row.getString("type"), new Typical(Duration.ofMillis(ms[0]), Duration.ofMillis(ms[1])));
                })
                .list());
        return types.stream().collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
