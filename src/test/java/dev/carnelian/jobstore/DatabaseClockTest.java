package dev.carnelian.jobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.database.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatabaseClockTest {
    private static final long HANG = 600;
    private static final long LITTLE = 100;

    private final TestDatabase database = TestDatabase.migrated();
    private final DatabaseClock clock = new DatabaseClock();

    @BeforeEach
    void read() throws Exception {
        try (Connection connection = database.dataSource().getConnection()) {
            long unused = clock.read(connection);
        }
    }

    @Test
    void anAnswerThatIsMadeLateDoesNotPutItAhead() throws Exception {
        readWithHangs(HANG, 0);

        assertThat(ahead()).isBetween(-LITTLE, LITTLE);
    }

    @Test
    void anAnswerThatComesLateDoesNotPutItBehind() throws Exception {
        readWithHangs(0, HANG);

        assertThat(ahead()).isBetween(-LITTLE, LITTLE);
    }

    private void readWithHangs(long before, long after) throws Exception {
        try (Connection connection = database.dataSource().getConnection()) {
            long unused = clock.read(proxy(Connection.class, connection, before, after));
        }
    }

    /** By how much it is ahead of the database's clock, which runs on this machine. */
    private long ahead() {
        return clock.millis() - System.currentTimeMillis();
    }

    /** A connection whose statements wait. */
    private static <T> T proxy(Class<T> type, T target, long before, long after) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            boolean query = method.getName().equals("executeQuery");
            try {
                Thread.sleep(query ? before : 0);
                Object result = method.invoke(target, args);
                Thread.sleep(query ? after : 0);
                return result instanceof PreparedStatement statement
                        ? proxy(PreparedStatement.class, statement, before, after)
                        : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }
}
