package dev.carnelian.api;

import dev.carnelian.access.ApiKeys;
import dev.carnelian.access.Scope;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.TenantId;
import dev.carnelian.storage.FileStore;
import io.dropwizard.core.Application;
import io.dropwizard.core.Configuration;
import io.dropwizard.core.setup.Environment;
import io.dropwizard.testing.ResourceHelpers;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import jakarta.validation.Valid;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;

/** The API of this package with a resource of its own, on free ports and a real database. */
public final class TestService extends Application<TestService.Settings> {
    static final TenantId TENANT = new TenantId("acme");

    private final Jdbi jdbi = Jdbi.create(TestDatabase.migrated().dataSource())
            .installPlugin(new SqlObjectPlugin())
            .installPlugin(new PostgresPlugin());
    private final EchoResource echo = new EchoResource();
    private final ApiKeys keys = new ApiKeys(jdbi, Duration.ofMillis(200), Duration.ofMinutes(15));

    /** The part of config.yml that the API needs. */
    public static final class Settings extends Configuration {
        public @Valid @Nullable ApiConfiguration api;
    }

    static DropwizardAppExtension<Settings> extension() {
        return new DropwizardAppExtension<>(TestService.class, ResourceHelpers.resourceFilePath("api-test.yml"));
    }

    @Override
    public void run(Settings settings, Environment environment) {
        keys.start();
        ApiConfiguration api = Objects.requireNonNull(settings.api);
        FileStore files = new FileStore(jdbi, Duration.ofDays(1));
        Api.register(
                environment,
                api,
                keys,
                List.of(echo, new FilesResource(files, api.maxFile().toBytes())));
    }

    EchoResource echo() {
        return echo;
    }

    ApiKeys keys() {
        return keys;
    }

    long storedFiles() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM files")
                .mapTo(Long.class)
                .one());
    }

    String newKey(Scope... scopes) {
        return keys.create(TENANT, "test", Set.of(scopes), null).key();
    }
}
