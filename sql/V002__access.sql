-- Who may call. A key is kept as its SHA-256 only; the key itself is shown once, when it is made.

CREATE TABLE tenants (
    id         text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenant_is_named_by_a_slug CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    tenant_id    text NOT NULL REFERENCES tenants ON DELETE CASCADE,
    name         text NOT NULL,
    prefix       text NOT NULL,
    hash         bytea NOT NULL UNIQUE,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    CONSTRAINT key_has_a_name CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT hash_is_sha_256 CHECK (octet_length(hash) = 32),
    CONSTRAINT key_has_a_scope CHECK (cardinality(scopes) > 0)
);

CREATE INDEX api_keys_of_a_tenant ON api_keys (tenant_id, created_at);

-- What every node reads again every other second: the keys made or revoked since it last looked.
CREATE INDEX api_keys_by_change ON api_keys (coalesce(revoked_at, created_at));
