package dev.carnelian.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import io.dropwizard.db.ManagedDataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.junit.jupiter.api.Test;

class PlainFailuresTest {
    private final DatabaseConfiguration configuration =
            new DatabaseConfiguration(TestDatabase.empty().jdbcUrl(), "", new Secret(""), "unused", 2);

    @Test
    void messagesSayWhatWentWrongAndNothingOfTheRow() throws Exception {
        try (Database database = Database.open(configuration)) {
            assertNothingIsTold(database.jdbi());
            ManagedDataSource pool = database.requestPool().build(new MetricRegistry(), "test");
            try {
                assertNothingIsTold(Jdbi.create(pool).installPlugin(new PlainFailures()));
            } finally {
                pool.stop();
            }
        }
    }

    private static void assertNothingIsTold(Jdbi jdbi) {
        try (Handle handle = jdbi.open()) {
            handle.execute("CREATE TABLE notes (text text CONSTRAINT note_is_short CHECK (length(text) < 5))");
            assertThatThrownBy(() -> handle.execute("INSERT INTO notes VALUES (?)", "a secret"))
                    .satisfies(PlainFailuresTest::isPlain);
            PreparedBatch batch = handle.prepareBatch("INSERT INTO notes VALUES (?)");
            batch.bind(0, "fine").add();
            batch.bind(0, "a secret").add();
            assertThatThrownBy(batch::execute).satisfies(PlainFailuresTest::isPlain);
            handle.execute("DROP TABLE notes");
        }
    }

    private static void isPlain(Throwable thrown) {
        assertThat(thrown.getMessage())
                .contains("note_is_short")
                .doesNotContain("a secret")
                .doesNotContain("INSERT");
    }
}
