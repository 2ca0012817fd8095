package dev.carnelian.queue;

import dev.carnelian.queue.Runs.RunOf;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;

/**
 * Runs in the order of the ids of their jobs. Whatever locks jobs locks them in this order, so that two sets never wait
 * for each other.
 */
record OrderedRuns(List<RunOf> runs) {
    OrderedRuns {
        runs = runs.stream().sorted(Comparator.comparing(RunOf::job)).toList();
    }

    /** Sets two parameters of a statement, from the given one on: the ids of the jobs, and those of the runs. */
    void set(PreparedStatement statement, int first) throws SQLException {
        Connection connection = statement.getConnection();
        Object[] jobs = runs.stream().map(run -> run.job().value()).toArray();
        String[] runIds = runs.stream().map(RunOf::runId).toArray(String[]::new);
        statement.setArray(first, connection.createArrayOf("uuid", jobs));
        statement.setArray(first + 1, connection.createArrayOf("text", runIds));
    }
}
