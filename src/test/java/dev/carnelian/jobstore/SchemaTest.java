package dev.carnelian.jobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.database.TestDatabase;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.quartz.JobKey;
import org.quartz.TriggerKey;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;

class SchemaTest {
    private final TestDatabase database = TestDatabase.empty();

    @Test
    void tablesOfQuartzsOwnScriptAreCompleted() throws Exception {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                InputStream script = PostgreSQLDelegate.class.getResourceAsStream("tables_postgres.sql")) {
            statement.execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
            Tables tables = new Tables("test", "QRTZ_");
            OneShot shot = new OneShot(new TriggerKey("one", "lane"), new JobKey("work", "jobs"), null, 0, Map.of());

            Schema.complete(connection, "QRTZ_");
            Schema.complete(connection, "QRTZ_");
            statement.execute("INSERT INTO qrtz_job_details VALUES"
                    + " ('test', 'work', 'jobs', NULL, 'x', true, false, false, true, NULL)");
            new OnceRows(tables).insert(connection, List.of(shot));

            OnceClaims.Wanted wanted = new OnceClaims.Wanted("a", 1, 5, 2, "", null, java.util.Set.of());
            assertThat(new OnceClaims(tables).claim(connection, wanted, 2).fired())
                    .hasSize(1);
        }
    }
}
