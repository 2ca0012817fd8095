package dev.carnelian.jobstore;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A source of connections that fail when a test says so, and that counts the attempts. */
final class FaultySource implements DataSource {
    private final DataSource source;
    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicInteger failBeforeCommit = new AtomicInteger();
    private final AtomicInteger failAfterCommit = new AtomicInteger();
    private volatile boolean cut;
    private volatile UnaryOperator<String> statements = UnaryOperator.identity();

    FaultySource(DataSource source) {
        this.source = source;
    }

    /** From now on the database is away, until {@link #mend}. */
    void cut() {
        cut = true;
    }

    void mend() {
        cut = false;
    }

    /** The next commits are lost: they do not take place. */
    void loseCommits(int number) {
        failBeforeCommit.set(number);
    }

    /** The answers to the next commits are lost: they do take place. */
    void loseAnswers(int number) {
        failAfterCommit.set(number);
    }

    /** Shows every statement that is prepared. */
    void watch(UnaryOperator<String> statements) {
        this.statements = statements;
    }

    /** How often a connection was asked for. */
    int attempts() {
        return attempts.get();
    }

    @Override
    public Connection getConnection() throws SQLException {
        attempts.incrementAndGet();
        fail(cut);
        Connection connection = source.getConnection();
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    boolean commits = method.getName().equals("commit");
                    fail(cut && !method.getName().equals("close"));
                    fail(commits && take(failBeforeCommit));
                    if (method.getName().equals("close") && !connection.isClosed() && !connection.getAutoCommit()) {
                        // A session that breaks commits nothing; the pool would, by setting auto-commit on it.
                        connection.rollback();
                    }
                    if (method.getName().equals("prepareStatement")) {
                        arguments[0] = statements.apply((String) arguments[0]);
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    } finally {
                        fail(commits && take(failAfterCommit));
                    }
                });
    }

    private static boolean take(AtomicInteger left) {
        return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }

    private static void fail(boolean now) throws SQLException {
        if (now) {
            throw new SQLException("the connection broke", "08006");
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return getConnection();
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
