package dev.carnelian.job;

import java.util.UUID;

/** The identity of a tenant, the owner of jobs, files and keys. Nothing is ever visible across tenants. */
public record TenantId(UUID value) {
    @Override
    public String toString() {
        return value.toString();
    }
}
