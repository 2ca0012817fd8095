package dev.carnelian.queue;

import dev.carnelian.job.TenantId;
import dev.carnelian.queue.RefusedException.Reason;
import java.util.Optional;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Lets a request with an idempotency key take effect once, in the transaction of that effect. */
final class Idempotency {
    private Idempotency() {}

    /**
     * Does the work, unless a request with the key has been answered before.
     *
     * @throws RefusedException if the key is taken by another request, or by one under way
     */
    static Answer once(Handle transaction, TenantId tenant, Optional<IdempotencyKey> named, Supplier<Answer> work) {
        if (named.isEmpty()) {
            return work.get();
        }
        IdempotencyKey key = named.get();
        Dao dao = transaction.attach(Dao.class);
        // Held to the end of the transaction. It only tells that somebody is at it: the row is what counts.
        if (!dao.lock(tenant + "\n" + key.route() + "\n" + key.key())) {
            throw new RefusedException(
                    Reason.IDEMPOTENCY_IN_PROGRESS,
                    "the first request with this Idempotency-Key is still under way; send it again in a moment");
        }
        Optional<Dao.Stored> stored = dao.find(tenant.value(), key.route(), key.key());
        if (stored.isPresent()) {
            return replay(stored.get(), key);
        }
        Answer answer = work.get();
        dao.insert(tenant.value(), key.route(), key.key(), key.fingerprint(), answer);
        return answer;
    }

    private static Answer replay(Dao.Stored stored, IdempotencyKey key) {
        if (!stored.fingerprint().equals(key.fingerprint())) {
            throw new RefusedException(
                    Reason.IDEMPOTENCY_KEY_REUSED,
                    "this Idempotency-Key was used for a request with another body; use a new key for a new request");
        }
        return new Answer(stored.status(), stored.location(), stored.body(), true);
    }

    @RegisterConstructorMapper(Dao.Stored.class)
    interface Dao {
        record Stored(
                String fingerprint, int status, @Nullable String location, String body) {}

        @SqlQuery("SELECT pg_try_advisory_xact_lock(hashtextextended(:scope, 0))")
        boolean lock(String scope);

        @SqlQuery("""
                SELECT fingerprint, status, location, body FROM idempotency_keys
                WHERE tenant_id = :tenant AND route = :route AND key = :key
                  AND created_at > now() - interval '24 hours'""")
        Optional<Stored> find(String tenant, String route, String key);

        /** Takes the place of a row that is too old to count and not yet deleted. */
        @SqlUpdate("""
                INSERT INTO idempotency_keys (tenant_id, route, key, fingerprint, status, location, body)
                VALUES (:tenant, :route, :key, :fingerprint, :answer.status, :answer.location, :answer.body)
                ON CONFLICT (tenant_id, route, key) DO UPDATE SET fingerprint = excluded.fingerprint,
                    status = excluded.status, location = excluded.location, body = excluded.body, created_at = now()""")
        void insert(String tenant, String route, String key, String fingerprint, @BindMethods("answer") Answer answer);
    }
}
