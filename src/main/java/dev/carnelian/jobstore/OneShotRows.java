package dev.carnelian.jobstore;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import org.quartz.TriggerKey;

/** The statements on sets of one-shot triggers. They are ordinary Quartz triggers; only the number of statements differs. */
final class OneShotRows {
    private final String scheduler;
    private final String prefix;

    OneShotRows(String scheduler, String prefix) {
        this.scheduler = scheduler;
        this.prefix = prefix;
    }

    /** Stores them; those of a paused group are stored paused, as Quartz does it. */
    void insert(Connection connection, List<OneShot> shots, long now) throws SQLException {
        String sql = """
                WITH shot AS (
                    SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::int[], ?::bytea[])
                        AS shot (name, grp, job_name, job_group, fire_at, priority, data)
                ), stored AS (
                    INSERT INTO QRTZ_TRIGGERS (sched_name, trigger_name, trigger_group, job_name, job_group,
                        next_fire_time, prev_fire_time, priority, trigger_state, trigger_type, start_time, end_time,
                        misfire_instr, job_data)
                    SELECT ?, name, grp, job_name, job_group, fire_at, -1, priority,
                        CASE WHEN EXISTS (SELECT 1 FROM QRTZ_PAUSED_TRIGGER_GRPS AS paused
                                 WHERE paused.sched_name = ? AND paused.trigger_group IN (shot.grp, '_$_ALL_GROUPS_PAUSED_$_'))
                             THEN 'PAUSED' ELSE 'WAITING' END,
                        'SIMPLE', fire_at, 0, -1, data
                    FROM shot
                )
                INSERT INTO QRTZ_SIMPLE_TRIGGERS
                    (sched_name, trigger_name, trigger_group, repeat_count, repeat_interval, times_triggered)
                SELECT ?, name, grp, 0, 0, 0 FROM shot""";
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            setTexts(statement, 1, shots, shot -> shot.trigger().getName());
            setTexts(statement, 2, shots, shot -> shot.trigger().getGroup());
            setTexts(statement, 3, shots, shot -> shot.job().getName());
            setTexts(statement, 4, shots, shot -> shot.job().getGroup());
            statement.setArray(5, connection.createArrayOf("int8", column(shots, shot -> fireAt(shot, now))));
            statement.setArray(6, connection.createArrayOf("int4", column(shots, OneShot::priority)));
            statement.setArray(
                    7,
                    connection.createArrayOf(
                            "bytea",
                            shots.stream().map(shot -> properties(shot.data())).toArray(byte[][]::new)));
            statement.setString(8, scheduler);
            statement.setString(9, scheduler);
            statement.setString(10, scheduler);
            statement.executeUpdate();
        }
    }

    private static long fireAt(OneShot shot, long now) {
        return shot.fireAt() == null ? now : shot.fireAt().toEpochMilli();
    }

    /**
     * Removes a trigger that nobody has claimed; one that is claimed stays, and its holder finds out when it fires. It is
     * not waited for: it may itself wait for what the caller has locked.
     */
    boolean deleteUnclaimed(Connection connection, TriggerKey key) throws SQLException {
        String sql = """
                WITH gone AS (
                    DELETE FROM QRTZ_TRIGGERS WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM QRTZ_TRIGGERS
                        WHERE sched_name = ? AND trigger_name = ? AND trigger_group = ?
                          AND trigger_state IN ('WAITING', 'PAUSED')
                        FOR UPDATE SKIP LOCKED))
                    RETURNING sched_name, trigger_name, trigger_group
                ), child AS (
                    DELETE FROM QRTZ_SIMPLE_TRIGGERS AS s USING gone
                    WHERE s.sched_name = gone.sched_name AND s.trigger_name = gone.trigger_name
                      AND s.trigger_group = gone.trigger_group
                )
                SELECT 1 FROM gone""";
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setString(1, scheduler);
            statement.setString(2, key.getName());
            statement.setString(3, key.getGroup());
            return statement.executeQuery().next();
        }
    }

    /** A fired one-shot is due again, at once. */
    void makeDue(Connection connection, Collection<TriggerKey> keys, long now) throws SQLException {
        if (keys.isEmpty()) {
            return;
        }
        String sql = """
                WITH due AS (
                    UPDATE QRTZ_TRIGGERS AS t SET trigger_state = 'WAITING', next_fire_time = ?, prev_fire_time = -1
                    FROM unnest(?::text[], ?::text[]) AS k (name, grp)
                    WHERE t.sched_name = ? AND t.trigger_name = k.name AND t.trigger_group = k.grp
                      AND t.trigger_state = 'COMPLETE'
                    RETURNING t.trigger_name, t.trigger_group
                )
                UPDATE QRTZ_SIMPLE_TRIGGERS AS s SET times_triggered = 0
                FROM due
                WHERE s.sched_name = ? AND s.trigger_name = due.trigger_name AND s.trigger_group = due.trigger_group""";
        List<TriggerKey> list = new ArrayList<>(keys);
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setLong(1, now);
            setTexts(statement, 2, list, TriggerKey::getName);
            setTexts(statement, 3, list, TriggerKey::getGroup);
            statement.setString(4, scheduler);
            statement.setString(5, scheduler);
            statement.executeUpdate();
        }
    }

    private String named(String sql) {
        return sql.replace("QRTZ_", prefix);
    }

    private static <T> Object[] column(List<T> rows, Function<T, Object> value) {
        return rows.stream().map(value).toArray();
    }

    private static <T> void setTexts(PreparedStatement statement, int index, List<T> rows, Function<T, Object> value)
            throws SQLException {
        statement.setArray(index, statement.getConnection().createArrayOf("text", column(rows, value)));
    }

    /** Job data as Quartz stores it with {@code useProperties}, less the comment line that carries the date. */
    private static byte[] properties(Map<String, String> data) {
        Properties properties = new Properties();
        properties.putAll(data);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            properties.store(bytes, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String text = bytes.toString(StandardCharsets.ISO_8859_1);
        return text.substring(text.indexOf('\n') + 1).getBytes(StandardCharsets.ISO_8859_1);
    }
}
