package dev.carnelian.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class DatabaseTest {
    @AutoClose
    private final Database database =
            Database.open(new DatabaseConfiguration(TestDatabase.empty().jdbcUrl(), "", new Secret(""), "unused", 2));

    private final AtomicInteger tries = new AtomicInteger();

    @Test
    void aStepOfTheStartWhoseSessionIsCutIsDoneAgain() {
        String answer = database.atStart(() -> {
            String sql = tries.incrementAndGet() == 1 ? "SELECT pg_terminate_backend(pg_backend_pid())" : "SELECT 1";
            run(sql);
            return "done";
        });

        assertThat(answer).isEqualTo("done");
        assertThat(tries).hasValue(2);
    }

    @Test
    void aStepOfTheStartThatIsWrongIsNotRepeated() {
        assertThatThrownBy(() -> database.atStart(() -> {
                    tries.incrementAndGet();
                    run("SELECT nothing");
                    return "done";
                }))
                .hasMessageContaining("nothing");
        assertThat(tries).hasValue(1);
    }

    private void run(String sql) {
        try (Connection session = database.session();
                Statement statement = session.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("a step failed: " + e.getMessage(), e);
        }
    }
}
