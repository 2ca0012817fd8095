package dev.carnelian.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carnelian.access.ApiKey.Created;
import dev.carnelian.access.Authentication.Accepted;
import dev.carnelian.access.Authentication.Refused;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ApiKeysTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final Duration REFRESH = Duration.ofMillis(200);
    private static TestDatabase database;

    private final AtomicInteger statements = new AtomicInteger();
    private final AtomicBoolean databaseIsDown = new AtomicBoolean();
    private final List<ApiKeys> opened = new ArrayList<>();
    private final Jdbi jdbi = jdbi();
    private final ApiKeys keys = open();

    @BeforeAll
    static void createDatabase() {
        database = TestDatabase.migrated();
    }

    @AfterEach
    void close() {
        databaseIsDown.set(false);
        opened.forEach(ApiKeys::close);
    }

    @Test
    void aNewKeyIsAcceptedForItsTenantAndScopes() {
        Created created = keys.create(ACME, "ci", Set.of(Scope.JOBS_READ, Scope.FILES_WRITE), null);

        assertThat(created.key()).matches("crn_live_[0-9A-Za-z]{42}");
        assertThat(keys.authenticate(created.key()))
                .isEqualTo(new Accepted(
                        new Caller(ACME, created.apiKey().id(), Set.of(Scope.JOBS_READ, Scope.FILES_WRITE))));
    }

    @Test
    void theDatabaseHoldsNoKey() {
        Created created = keys.create(ACME, "ci", Set.of(Scope.ADMIN), null);

        String dump = jdbi.withHandle(
                handle -> handle.createQuery("""
                        SELECT string_agg(k::text || encode(hash, 'escape'), ' ')
                        FROM api_keys AS k""").mapTo(String.class).one());

        assertThat(dump).contains(created.apiKey().prefix());
        assertThat(dump).doesNotContain(created.key().substring(18));
        assertThat(created.toString()).doesNotContain(created.key().substring(18));
    }

    @Test
    void aMistypedKeyIsRefusedWithoutAStatement() {
        String key = keys.create(ACME, "ci", Set.of(Scope.ADMIN), null).key();
        statements.set(0);

        String other = key.endsWith("a") ? "b" : "a";
        for (String wrong : List.of("", "crn_live_", key.substring(1), key + "a", key.substring(0, 50) + other, "ü")) {
            assertThat(keys.authenticate(wrong)).isEqualTo(Refused.UNKNOWN);
        }

        assertThat(statements).hasValue(0);
    }

    @Test
    void aKnownKeyCostsNoStatement() {
        String key = keys.create(ACME, "ci", Set.of(Scope.ADMIN), null).key();
        keys.authenticate(key);
        statements.set(0);

        for (int i = 0; i < 1_000; i++) {
            assertThat(keys.authenticate(key)).isInstanceOf(Accepted.class);
        }

        assertThat(statements).hasValue(0);
    }

    @Test
    void wrongKeysShareTheirLookups() throws InterruptedException {
        keys.authenticate(KeyFormat.newKey());
        statements.set(0);

        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            threads.add(new Thread(() -> keys.authenticate(KeyFormat.newKey())));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(statements).hasValueLessThan(40);
    }

    @Test
    void aRevocationIsSeenByEveryNode() {
        Created created = keys.create(ACME, "ci", Set.of(Scope.ADMIN), null);
        ApiKeys otherNode = open();
        otherNode.start();
        assertThat(otherNode.authenticate(created.key())).isInstanceOf(Accepted.class);

        assertThat(keys.revoke(ACME, created.apiKey().id())).isTrue();

        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(
                        () -> assertThat(otherNode.authenticate(created.key())).isEqualTo(Refused.REVOKED));
        assertThat(keys.list(Optional.of(ACME))).anySatisfy(key -> {
            assertThat(key.id()).isEqualTo(created.apiKey().id());
            assertThat(key.revokedAt()).isNotNull();
        });
    }

    @Test
    void aKeyMadeElsewhereWorksAtOnce() {
        ApiKeys otherNode = open();
        otherNode.authenticate(KeyFormat.newKey());

        String key = keys.create(ACME, "ci", Set.of(Scope.ADMIN), null).key();

        assertThat(otherNode.authenticate(key)).isInstanceOf(Accepted.class);
    }

    @Test
    void aKeyEndsByTheClockOfTheDatabase() {
        String key = keys.create(ACME, "short", Set.of(Scope.ADMIN), Duration.ofMillis(300))
                .key();

        assertThat(keys.authenticate(key)).isInstanceOf(Accepted.class);
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(keys.authenticate(key)).isEqualTo(Refused.EXPIRED));
    }

    @Test
    void anotherTenantCannotRevokeAKey() {
        Created created = keys.create(ACME, "ci", Set.of(Scope.ADMIN), null);
        keys.create(new TenantId("globex"), "ci", Set.of(Scope.ADMIN), null);

        assertThat(keys.revoke(new TenantId("globex"), created.apiKey().id())).isFalse();
        assertThat(keys.revoke(ACME, UUID.randomUUID())).isFalse();

        assertThat(open().authenticate(created.key())).isInstanceOf(Accepted.class);
        assertThat(keys.list(Optional.of(new TenantId("globex")))).hasSize(1);
    }

    @Test
    void knownKeysOutliveTheDatabaseForAWhile() {
        String known = keys.create(ACME, "ci", Set.of(Scope.ADMIN), null).key();
        String unseen = KeyFormat.newKey();
        keys.authenticate(known);
        databaseIsDown.set(true);

        assertThat(keys.authenticate(known)).isInstanceOf(Accepted.class);
        assertThatThrownBy(() -> keys.authenticate(unseen)).isInstanceOf(KeysUnavailableException.class);

        ApiKeys impatient = new ApiKeys(jdbi, REFRESH, Duration.ZERO);
        opened.add(impatient);
        assertThatThrownBy(() -> impatient.authenticate(known)).isInstanceOf(KeysUnavailableException.class);
    }

    @Test
    void theLastUseIsWrittenOnceAMinute() {
        Created created = keys.create(ACME, "ci", Set.of(Scope.ADMIN), null);
        keys.authenticate(created.key());
        keys.flushUses();
        Optional<Object> first = lastUse(created);

        keys.authenticate(created.key());
        keys.flushUses();

        assertThat(first).isPresent();
        assertThat(lastUse(created)).isEqualTo(first);
    }

    @Test
    void scopesAreReadAsPeopleWriteThem() {
        assertThat(Scope.parse(List.of("files:*", "admin")))
                .containsExactlyInAnyOrder(Scope.FILES_READ, Scope.FILES_WRITE, Scope.ADMIN);
        assertThatThrownBy(() -> Scope.parse(List.of("files"))).hasMessageContaining("no scope is named \"files\"");
        assertThatThrownBy(() -> Scope.parse(List.of())).hasMessageContaining("at least one");
    }

    private Optional<Object> lastUse(Created created) {
        return keys.list(Optional.of(ACME)).stream()
                .filter(key -> key.id().equals(created.apiKey().id()))
                .findFirst()
                .map(ApiKey::lastUsedAt);
    }

    private ApiKeys open() {
        ApiKeys more = new ApiKeys(jdbi, REFRESH, Duration.ofMinutes(10));
        opened.add(more);
        return more;
    }

    private Jdbi jdbi() {
        Jdbi counting = Jdbi.create(() -> {
                    if (databaseIsDown.get()) {
                        throw new java.sql.SQLTransientConnectionException("down");
                    }
                    return database.dataSource().getConnection();
                })
                .installPlugin(new SqlObjectPlugin())
                .installPlugin(new PostgresPlugin());
        counting.setSqlLogger(new SqlLogger() {
            @Override
            public void logBeforeExecution(StatementContext context) {
                statements.incrementAndGet();
            }
        });
        return counting;
    }
}
