package dev.carnelian.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedServerTest {
    @Test
    void commitsAreDurableAndDataOutlivesTheServer(@TempDir Path folder) throws Exception {
        try (EmbeddedServer server = EmbeddedServer.start(folder, Map.of())) {
            server.createDatabase("kept");
            try (Connection connection = DriverManager.getConnection(server.jdbcUrl("kept"));
                    Statement statement = connection.createStatement()) {
                assertThat(show(statement, "fsync")).isEqualTo("on");
                assertThat(show(statement, "synchronous_commit")).isEqualTo("on");
                assertThat(show(statement, "full_page_writes")).isEqualTo("on");
                statement.execute("CREATE TABLE notes AS SELECT 42 AS answer");
            }
        }
        try (EmbeddedServer server = EmbeddedServer.start(folder, Map.of());
                EmbeddedServer joined = EmbeddedServer.start(folder, Map.of());
                Connection connection = DriverManager.getConnection(joined.jdbcUrl("kept"));
                ResultSet answer = connection.createStatement().executeQuery("SELECT answer FROM notes")) {
            assertThat(joined.jdbcUrl("kept")).isEqualTo(server.jdbcUrl("kept"));
            assertThat(answer.next()).isTrue();
            assertThat(answer.getInt(1)).isEqualTo(42);
        }
    }

    private static String show(Statement statement, String setting) throws Exception {
        try (ResultSet value = statement.executeQuery("SHOW " + setting)) {
            value.next();
            return value.getString(1);
        }
    }
}
