package dev.carnelian.bench;

import java.sql.Connection;
import java.sql.SQLException;

/** db-scheduler on the table and indexes of its own script; a task that ended leaves no trace. */
final class DbScheduler implements Contender {
    static final String NAME = "db-scheduler";
    static final String TASK = "no_op";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int warmUp() {
        return 100_000;
    }

    @Override
    public void createTables(String url) throws SQLException {
        Sql.execute(url, """
                CREATE TABLE scheduled_tasks (
                    task_name            text NOT NULL,
                    task_instance        text NOT NULL,
                    task_data            bytea,
                    execution_time       timestamptz NOT NULL,
                    picked               boolean NOT NULL,
                    picked_by            text,
                    last_success         timestamptz,
                    last_failure         timestamptz,
                    consecutive_failures int,
                    last_heartbeat       timestamptz,
                    version              bigint NOT NULL,
                    priority             smallint,
                    PRIMARY KEY (task_name, task_instance)
                )""", """
                CREATE INDEX execution_time_idx ON scheduled_tasks (execution_time)""", """
                CREATE INDEX last_heartbeat_idx ON scheduled_tasks (last_heartbeat)""", """
                CREATE INDEX priority_execution_time_idx ON scheduled_tasks (priority DESC, execution_time ASC)""");
    }

    @Override
    public void load(String url, int first, int count) throws SQLException {
        Sql.execute(url, """
                INSERT INTO scheduled_tasks (task_name, task_instance, execution_time, picked, version)
                SELECT 'no_op', n::text, now(), false, 1 FROM generate_series(%1$d, %1$d + %2$d - 1) AS n""".formatted(first, count));
    }

    @Override
    public long unfinished(Connection connection) throws SQLException {
        return Sql.number(connection, "SELECT count(*) FROM scheduled_tasks");
    }

    @Override
    public long finished(Connection connection, long loaded) throws SQLException {
        return loaded - unfinished(connection);
    }

    @Override
    public Node open(String url, RunLog log) {
        return new DbSchedulerNode(url, log);
    }
}
