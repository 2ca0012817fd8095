package dev.carnelian.job;

import java.util.regex.Pattern;

/**
 * The name of a tenant, the owner of jobs, files and keys. Nothing is ever visible across tenants.
 *
 * @param value 1 to 63 characters of a-z, 0-9 and hyphens, beginning with a letter or digit
 */
public record TenantId(String value) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

    public TenantId {
        if (!NAME.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "a tenant is named by 1 to 63 of a-z, 0-9 and hyphens, not \"" + value + "\"");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
