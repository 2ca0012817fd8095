package dev.carnelian.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What {@link Pgbench} does, from threads of this JVM; it takes more of the machine for itself. */
final class JdbcBench implements StatementBench {
    @Override
    public String name() {
        return "JDBC";
    }

    @Override
    public double perSecond(String url, List<String> script, int clients, int each) {
        double seconds = Threads.timed(clients, client -> session(url, script, each));
        return (double) clients * each / seconds;
    }

    private static void session(String url, List<String> script, int each) throws SQLException {
        try (Connection connection = Sql.source(url).getConnection()) {
            List<PreparedStatement> statements = new ArrayList<>();
            for (String sql : script) {
                statements.add(connection.prepareStatement(sql.replace(":ids", "?")));
            }
            for (int i = 0; i < each; i++) {
                String ids = "{}";
                for (PreparedStatement statement : statements) {
                    ids = run(statement, ids);
                }
            }
        }
    }

    private static String run(PreparedStatement statement, String ids) throws SQLException {
        if (statement.getParameterMetaData().getParameterCount() > 0) {
            statement.setString(1, ids);
        }
        if (!statement.execute()) {
            return ids;
        }
        try (ResultSet row = statement.getResultSet()) {
            return row.next() ? row.getString(1) : ids;
        }
    }
}
