package dev.carnelian.access;

import dev.carnelian.job.TenantId;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A key as it may be shown: never the key itself.
 *
 * @param prefix its beginning, to recognise it by
 * @param lastUsedAt up to a minute late
 */
public record ApiKey(
        UUID id,
        TenantId tenant,
        String name,
        String prefix,
        Set<Scope> scopes,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt,
        @Nullable Instant lastUsedAt) {
    public ApiKey {
        scopes = Set.copyOf(scopes);
    }

    /**
     * A key just made.
     *
     * @param key the plain key, which cannot be had again
     */
    public record Created(ApiKey apiKey, String key) {
        /** Without the key, so that no log ever has it. */
        @Override
        public String toString() {
            return "Created[" + apiKey + "]";
        }
    }
}
