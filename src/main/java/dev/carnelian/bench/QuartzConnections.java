package dev.carnelian.bench;

import io.dropwizard.db.ManagedDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.quartz.utils.ConnectionProvider;

/** A pool for Quartz, which makes it by reflection and tells it the address. */
public final class QuartzConnections implements ConnectionProvider {
    /** One for each worker that completes a job, and some for the scheduler's own threads. */
    private static final int SIZE = Contender.THREADS + 8;

    private String url = "";
    private String options = "";
    private @Nullable ManagedDataSource pool;

    public void setUrl(String url) {
        this.url = url;
    }

    /** PostgreSQL's options for each session; none unless set. */
    public void setOptions(String options) {
        this.options = options;
    }

    @Override
    public void initialize() {
        pool = Sql.pool(url, SIZE, options);
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (pool == null) {
            throw new SQLException("not initialized");
        }
        return pool.getConnection();
    }

    @Override
    public void shutdown() throws SQLException {
        if (pool != null) {
            try {
                pool.stop();
            } catch (Exception e) {
                throw new SQLException("the pool did not close", e);
            }
        }
    }
}
