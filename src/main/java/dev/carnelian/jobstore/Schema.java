package dev.carnelian.jobstore;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the store work on tables that Quartz's own script made, to which it adds the columns and indexes of one-shots, and
 * without any, where it makes them. With {@code sql/} applied there is nothing to do, and the store's user needs no right
 * to.
 */
final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

    private static final String ADDITIONS = """
            ALTER TABLE QRTZ_TRIGGERS ADD COLUMN IF NOT EXISTS due boolean NOT NULL DEFAULT true;
            ALTER TABLE QRTZ_FIRED_TRIGGERS ADD COLUMN IF NOT EXISTS once boolean NOT NULL DEFAULT false;
            ALTER TABLE QRTZ_FIRED_TRIGGERS ADD COLUMN IF NOT EXISTS trigger_data bytea;
            CREATE INDEX IF NOT EXISTS QRTZ_ONCE_DUE ON QRTZ_TRIGGERS (sched_name, priority DESC, next_fire_time)
                WHERE trigger_state = 'WAITING' AND trigger_type = 'ONCE' AND due;
            CREATE INDEX IF NOT EXISTS QRTZ_ONCE_OF_LANE
                ON QRTZ_TRIGGERS (sched_name, trigger_group, priority DESC, next_fire_time)
                WHERE trigger_state = 'WAITING' AND trigger_type = 'ONCE' AND due;
            CREATE INDEX IF NOT EXISTS QRTZ_ONCE_DELAYED ON QRTZ_TRIGGERS (sched_name, next_fire_time)
                WHERE trigger_type = 'ONCE' AND NOT due""";

    private static final String TABLES = "/carnelian/sql/V001__quartz.sql";

    /** A prefix may begin with a schema, which the name of an index that is made must not. */
    private static final Pattern NAME = Pattern.compile("(INDEX (?:IF NOT EXISTS )?)?QRTZ_", Pattern.CASE_INSENSITIVE);

    private Schema() {}

    /** Completes the tables in the caller's transaction. Safe to call from several nodes at once. */
    static void complete(Connection connection, String prefix) throws SQLException {
        if (isComplete(connection, prefix)) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_xact_lock(hashtext('carnelian one-shots'))");
            if (isComplete(connection, prefix)) {
                return;
            }
            if (exists(connection, prefix)) {
                LOG.warn(
                        "the tables {}* are those of Quartz's script: columns and indexes for one-shots are added, but its"
                                + " indexes make every one-shot dear; sql/V001__quartz.sql says which are needed",
                        prefix);
                statement.execute(named(ADDITIONS, prefix));
            } else {
                LOG.warn("there are no tables {}*: they are made", prefix);
                statement.execute(named(tables(), prefix));
            }
        }
    }

    private static String named(String sql, String prefix) {
        String bare = prefix.substring(prefix.lastIndexOf('.') + 1);
        return NAME.matcher(sql)
                .replaceAll(name -> Matcher.quoteReplacement(name.group(1) == null ? prefix : name.group(1) + bare));
    }

    private static String tables() {
        try (InputStream script = Schema.class.getResourceAsStream(TABLES)) {
            if (script == null) {
                throw new IllegalStateException(TABLES + " is not in the class path");
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean exists(Connection connection, String prefix) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            statement.setString(1, prefix + "TRIGGERS");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static boolean isComplete(Connection connection, String prefix) throws SQLException {
        String sql = """
                SELECT count(*) = 3 FROM pg_attribute
                WHERE (attrelid = to_regclass(?) AND attname = 'due')
                   OR (attrelid = to_regclass(?) AND attname IN ('once', 'trigger_data'))""";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, prefix + "TRIGGERS");
            statement.setString(2, prefix + "FIRED_TRIGGERS");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }
}
