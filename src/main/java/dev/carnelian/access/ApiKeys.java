package dev.carnelian.access;

import dev.carnelian.access.ApiKey.Created;
import dev.carnelian.job.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of all tenants. Thread-safe.
 *
 * <p>A request costs no statement: each node holds the keys in memory and reads the changes every {@code refresh}, so a
 * revocation is seen everywhere within that time, while a new key works at once. Without the database the known keys go on
 * working for {@code maxStaleness}.
 */
public final class ApiKeys implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiKeys.class);
    private static final Duration FLUSH_EVERY = Duration.ofMinutes(1);
    private static final int MOST_LISTED = 10_000;

    private final Jdbi jdbi;
    private final Duration refresh;
    private final KeyRing ring;
    private final Set<UUID> used = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "api-keys");
        thread.setDaemon(true);
        return thread;
    });

    public ApiKeys(Jdbi jdbi, Duration refresh, Duration maxStaleness) {
        this.jdbi = jdbi;
        this.refresh = refresh;
        this.ring = new KeyRing(jdbi, maxStaleness);
    }

    /** Begins to follow the changes; before it, revocations are not seen. */
    public void start() {
        schedule(ring::refresh, refresh);
        schedule(this::flushUses, FLUSH_EVERY);
    }

    @Override
    public void close() {
        clock.shutdownNow();
        flushUses();
    }

    /**
     * Makes a key, and its tenant when that is new.
     *
     * @param name 1 to 100 characters for people
     * @param lifetime null for a key without an end
     */
    public Created create(TenantId tenant, String name, Set<Scope> scopes, @Nullable Duration lifetime) {
        if (scopes.isEmpty()) {
            throw new IllegalArgumentException("a key needs at least one scope");
        }
        if (name.isBlank() || name.length() > 100 || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a key is named by 1 to 100 characters");
        }
        String key = KeyFormat.newKey();
        KeyDao.NewKey row = new KeyDao.NewKey(
                UUID.randomUUID(),
                tenant.value(),
                name,
                KeyFormat.shownPart(key),
                KeyFormat.hash(key),
                scopes.stream().sorted().map(Scope::wireName).toList());
        return jdbi.inTransaction(transaction -> {
            KeyDao dao = transaction.attach(KeyDao.class);
            dao.insertTenant(tenant.value());
            Long lifetimeMs = lifetime == null ? null : lifetime.toMillis();
            return new Created(dao.insert(row, lifetimeMs).toApiKey(), key);
        });
    }

    /** The keys of one tenant or of all, revoked ones too, oldest first; at most 10,000. */
    public List<ApiKey> list(Optional<TenantId> tenant) {
        String name = tenant.map(TenantId::value).orElse(null);
        return jdbi.withExtension(KeyDao.class, dao -> dao.list(name, MOST_LISTED)).stream()
                .map(KeyDao.KeyRow::toApiKey)
                .toList();
    }

    /**
     * Ends a key. Its row is kept; a second revocation changes nothing.
     *
     * @return whether the tenant has such a key
     */
    public boolean revoke(TenantId tenant, UUID keyId) {
        return jdbi.withExtension(
                KeyDao.class, dao -> dao.revoke(tenant.value(), keyId) > 0 || dao.exists(tenant.value(), keyId));
    }

    /**
     * Says whose key this is.
     *
     * @throws KeysUnavailableException if the key is not known here and the database cannot be asked
     */
    public Authentication authenticate(String key) {
        if (!KeyFormat.isWellFormed(key)) {
            return Authentication.Refused.UNKNOWN;
        }
        Optional<KeyRing.Found> found = ring.find(KeyFormat.hash(key));
        if (found.isEmpty()) {
            return Authentication.Refused.UNKNOWN;
        }
        KeyDao.KeyRow row = found.get().row();
        if (row.revokedAt() != null) {
            return Authentication.Refused.REVOKED;
        }
        if (found.get().expired()) {
            return Authentication.Refused.EXPIRED;
        }
        used.add(row.id());
        return new Authentication.Accepted(found.get().caller());
    }

    /** Writes which keys were used since the last time. A loss of these is harmless. */
    void flushUses() {
        List<UUID> ids = List.copyOf(used);
        if (ids.isEmpty()) {
            return;
        }
        used.removeAll(ids);
        jdbi.useExtension(KeyDao.class, dao -> dao.markUsed(KeyDao.array(ids)));
    }

    private void schedule(Runnable task, Duration every) {
        ScheduledFuture<?> unused = clock.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        LOG.warn("the keys' upkeep failed and is tried again in {}", every, e);
                    }
                },
                0,
                every.toMillis(),
                TimeUnit.MILLISECONDS);
    }
}
