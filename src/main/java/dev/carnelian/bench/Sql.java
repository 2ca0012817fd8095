package dev.carnelian.bench;

import com.codahale.metrics.MetricRegistry;
import io.dropwizard.db.DataSourceFactory;
import io.dropwizard.db.ManagedDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.postgresql.ds.PGSimpleDataSource;

/** Plain statements, and the pool that the other contenders get: the same one that Carnelian uses. */
final class Sql {
    private Sql() {}

    static PGSimpleDataSource source(String url) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(url);
        return source;
    }

    /**
     * @param options PostgreSQL's for each session, as in {@code -c jit=off}
     */
    static ManagedDataSource pool(String url, int size, String options) {
        DataSourceFactory pool = new DataSourceFactory();
        pool.setDriverClass("org.postgresql.Driver");
        pool.setUrl(url);
        pool.setProperties(new HashMap<>(Map.of("options", options)));
        pool.setInitialSize(0);
        pool.setMinSize(2);
        pool.setMaxSize(size);
        pool.setCheckConnectionOnBorrow(false);
        return pool.build(new MetricRegistry(), "bench");
    }

    static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static void execute(String url, String... statements) throws SQLException {
        try (Connection connection = source(url).getConnection()) {
            execute(connection, statements);
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
