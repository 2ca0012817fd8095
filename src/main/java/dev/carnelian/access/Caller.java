package dev.carnelian.access;

import dev.carnelian.job.TenantId;
import java.security.Principal;
import java.util.Set;
import java.util.UUID;

/**
 * Who sends a request: a tenant, by one of its keys.
 *
 * @param keyId the id of the key, never the key itself
 */
public record Caller(TenantId tenant, UUID keyId, Set<Scope> scopes) implements Principal {
    public Caller {
        scopes = Set.copyOf(scopes);
    }

    /** Whether the key has that scope, or is an admin's. */
    public boolean may(Scope scope) {
        return scopes.contains(scope) || scopes.contains(Scope.ADMIN);
    }

    @Override
    public String getName() {
        return keyId.toString();
    }
}
