package dev.carnelian.jobstore;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.quartz.JobKey;
import org.quartz.TriggerKey;

/**
 * The statements on sets of plain one-shots, but for their claim, which is {@link OnceClaims}. Each one-shot is one row:
 * in qrtz_triggers until it fires, then in qrtz_fired_triggers until its run ends. Thread-safe.
 *
 * <p>None of them takes a lock beyond those rows. Quartz's store locks the whole cluster because a trigger's state and its
 * fired row are changed one after the other; here one statement changes both, so whoever comes second finds nothing.
 *
 * <p>The plans must not depend on statistics, which tell nothing of tables that are empty one moment and full the next:
 * every look-up goes through an index by its key or its head, every write by the place of a row just locked.
 */
final class OnceRows {
    /** A fired one-shot. */
    record Fired(Run run, int priority, long fireTime, boolean recoverable) {}

    /** By entry ids alone or by the instance alone, never by both: see {@link #end}. */
    private static final String LOCK = """
            SELECT entry_id, trigger_name, trigger_group, job_name, job_group, trigger_data, priority, sched_time,
                requests_recovery, instance_name
            FROM QRTZ_FIRED_TRIGGERS
            WHERE sched_name = ? AND once AND %s
            FOR UPDATE""";

    /**
     * The groups that are paused are read once and not for each row: rows must cost next to nothing, or PostgreSQL plans
     * the statement anew for each job that comes alone, as a general plan is for ten.
     */
    private static final String INSERT = """
            INSERT INTO QRTZ_TRIGGERS (sched_name, trigger_name, trigger_group, job_name, job_group, next_fire_time,
                prev_fire_time, priority, trigger_state, trigger_type, start_time, end_time, misfire_instr, job_data, due)
            SELECT ?, name, grp, job_name, job_group, time, -1, priority,
                CASE WHEN ARRAY[grp, '_$_ALL_GROUPS_PAUSED_$_'] && ARRAY(
                         SELECT trigger_group::text FROM QRTZ_PAUSED_TRIGGER_GRPS WHERE sched_name = ?)
                     THEN 'PAUSED' ELSE 'WAITING' END,
                'ONCE', time, 0, -1, data, time <= %1$s
            FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::int[], ?::bytea[])
                    AS shot (name, grp, job_name, job_group, fire_at, delay_ms, priority, data)
                CROSS JOIN LATERAL (SELECT %2$s AS time) AS at""";

    /** The transaction's time in milliseconds, the next where it lies between two. In brackets it is read once. */
    private static final String NOW = "(SELECT ceil(extract(epoch FROM now()) * 1000)::bigint)";

    /** The same, the last one: what is due at it is due. */
    private static final String PAST = "(SELECT floor(extract(epoch FROM now()) * 1000)::bigint)";

    /** By the database's clock: no node's guess at it decides when a job starts. */
    private static final String TIME = "coalesce(fire_at, " + NOW + " + delay_ms)";

    private static final String INSERT_AS_TOLD = INSERT.formatted(NOW, TIME);
    private static final String INSERT_NEW = INSERT.formatted(NOW, "greatest(" + NOW + ", " + TIME + ")");

    private final Tables tables;

    OnceRows(Tables tables) {
        this.tables = tables;
    }

    /** Stores them; those of a paused group are stored paused, as Quartz does it. */
    void insert(Connection connection, List<OneShot> shots) throws SQLException {
        try (PreparedStatement statement = tables.prepare(connection, INSERT_AS_TOLD)) {
            bind(shots, new Parameters(statement));
            statement.executeUpdate();
        }
    }

    /**
     * The same in one statement with another INSERT, and new: a time that is past counts as now, so that none goes before
     * others by naming one. Answers the time of the transaction.
     */
    Instant insert(Connection connection, List<OneShot> shots, String other, List<Array> parameters)
            throws SQLException {
        String sql = "WITH other AS (" + other + "), triggers AS (" + INSERT_NEW + ") SELECT now()";
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            Parameters next = new Parameters(statement);
            for (Array parameter : parameters) {
                next.array(parameter);
            }
            bind(shots, next);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getObject(1, OffsetDateTime.class).toInstant();
            }
        }
    }

    private void bind(List<OneShot> shots, Parameters next) throws SQLException {
        next.text(tables.scheduler()).text(tables.scheduler());
        next.array("text", each(shots, String[]::new, shot -> shot.trigger().getName()));
        next.array("text", each(shots, String[]::new, shot -> shot.trigger().getGroup()));
        next.array("text", each(shots, String[]::new, shot -> shot.job().getName()));
        next.array("text", each(shots, String[]::new, shot -> shot.job().getGroup()));
        next.array("int8", each(shots, Long[]::new, OnceRows::fireAt));
        next.array("int8", each(shots, Long[]::new, shot -> shot.delay().toMillis()));
        next.array("int4", each(shots, Integer[]::new, OneShot::priority));
        next.array("bytea", each(shots, byte[][]::new, shot -> TriggerData.bytes(shot.data())));
    }

    private static <T> @Nullable T[] each(
            List<OneShot> shots, IntFunction<@Nullable T[]> array, Function<OneShot, @Nullable T> value) {
        return shots.stream().map(value).toArray(array);
    }

    /** Not before the time, which may lie between two milliseconds; null where only the transaction knows. */
    private static @Nullable Long fireAt(OneShot shot) {
        return shot.fireAt() == null ? null : shot.fireAt().plusNanos(999_999).toEpochMilli();
    }

    /**
     * Removes a trigger that has not fired. It is not waited for: it may itself wait for what the caller has locked, and
     * then its claim finds out.
     */
    boolean delete(Connection connection, TriggerKey key) throws SQLException {
        String sql = """
                DELETE FROM QRTZ_TRIGGERS WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM QRTZ_TRIGGERS
                    WHERE sched_name = ? AND trigger_name = ? AND trigger_group = ? AND trigger_type = 'ONCE'
                    FOR UPDATE SKIP LOCKED))""";
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            statement.setString(1, tables.scheduler());
            statement.setString(2, key.getName());
            statement.setString(3, key.getGroup());
            return statement.executeUpdate() > 0;
        }
    }

    /** The run in the first six columns of a row: entry id, trigger, job and data. */
    static Run run(ResultSet row, String instance) throws SQLException {
        return new Run(
                row.getString(1),
                new TriggerKey(row.getString(2), row.getString(3)),
                new JobKey(row.getString(4), row.getString(5)),
                instance,
                TriggerData.map(row.getBytes(6)));
    }

    /**
     * What is to come.
     *
     * @param now the time of the look
     * @param nextDelayed when the next delayed one-shot is due
     * @param nextOther when the next of Quartz's own triggers is; {@link Long#MAX_VALUE} if there is none
     * @param onceDue whether one-shots are due, as far as their rows tell
     */
    record Coming(long now, long nextDelayed, long nextOther, boolean onceDue) {}

    /** Lets the claim see the delayed one-shots whose time has come, and looks what follows. */
    Coming look(Connection connection) throws SQLException {
        String sql = """
                WITH due AS (
                    UPDATE QRTZ_TRIGGERS SET due = true WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM QRTZ_TRIGGERS
                        WHERE sched_name = ? AND trigger_type = 'ONCE' AND NOT due AND next_fire_time <= %1$s
                        ORDER BY next_fire_time LIMIT 1000 FOR UPDATE SKIP LOCKED))
                    RETURNING 1
                )
                SELECT %1$s, coalesce((
                        SELECT next_fire_time FROM QRTZ_TRIGGERS
                        WHERE sched_name = ? AND trigger_type = 'ONCE' AND NOT due AND next_fire_time > %1$s
                        ORDER BY next_fire_time LIMIT 1), ?),
                    coalesce((
                        SELECT next_fire_time FROM QRTZ_TRIGGERS
                        WHERE sched_name = ? AND trigger_state = 'WAITING' AND trigger_type <> 'ONCE'
                        ORDER BY next_fire_time LIMIT 1), ?),
                    EXISTS (SELECT 1 FROM due) OR EXISTS (
                        SELECT 1 FROM QRTZ_TRIGGERS
                        WHERE sched_name = ? AND trigger_state = 'WAITING' AND trigger_type = 'ONCE' AND due)""".formatted(PAST);
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            Parameters next = new Parameters(statement);
            next.text(tables.scheduler());
            next.text(tables.scheduler()).number(Long.MAX_VALUE);
            next.text(tables.scheduler()).number(Long.MAX_VALUE);
            next.text(tables.scheduler());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Coming(row.getLong(1), row.getLong(2), row.getLong(3), row.getBoolean(4));
            }
        }
    }

    /** Locks runs, as far as they have not ended, so that their end waits for what is done with them here. */
    List<Fired> lock(Connection connection, Collection<String> entryIds) throws SQLException {
        try (PreparedStatement statement = tables.prepare(connection, LOCK.formatted("entry_id = ANY (?::text[])"))) {
            new Parameters(statement).text(tables.scheduler()).texts(entryIds);
            return fired(statement);
        }
    }

    /** Locks all runs of an instance. */
    List<Fired> lockAllOf(Connection connection, String instance) throws SQLException {
        try (PreparedStatement statement = tables.prepare(connection, LOCK.formatted("instance_name = ?"))) {
            new Parameters(statement).text(tables.scheduler()).text(instance);
            return fired(statement);
        }
    }

    /**
     * Ends runs; answers those that were still to be ended. The instance need not be named: an entry id is used once, and
     * with the instance PostgreSQL would look through all of its rows whenever it believes that there are none.
     */
    Set<String> end(Connection connection, Collection<String> entryIds) throws SQLException {
        String sql = """
                DELETE FROM QRTZ_FIRED_TRIGGERS
                WHERE sched_name = ? AND entry_id = ANY (?::text[]) AND once
                RETURNING entry_id""";
        Set<String> ended = new HashSet<>();
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            new Parameters(statement).text(tables.scheduler()).texts(entryIds);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    ended.add(row.getString(1));
                }
            }
        }
        return ended;
    }

    /** Ends runs and makes their triggers due again, at the head of their priority. */
    void putBack(Connection connection, Collection<String> entryIds) throws SQLException {
        String sql = """
                WITH ended AS (
                    DELETE FROM QRTZ_FIRED_TRIGGERS
                    WHERE sched_name = ? AND entry_id = ANY (?::text[]) AND once
                    RETURNING *
                )
                INSERT INTO QRTZ_TRIGGERS (sched_name, trigger_name, trigger_group, job_name, job_group, next_fire_time,
                    prev_fire_time, priority, trigger_state, trigger_type, start_time, end_time, misfire_instr, job_data)
                SELECT sched_name, trigger_name, trigger_group, job_name, job_group, sched_time, -1, priority,
                    'WAITING', 'ONCE', sched_time, 0, -1, trigger_data
                FROM ended
                ON CONFLICT DO NOTHING""";
        try (PreparedStatement statement = tables.prepare(connection, sql)) {
            new Parameters(statement).text(tables.scheduler()).texts(entryIds);
            statement.executeUpdate();
        }
    }

    private static List<Fired> fired(PreparedStatement statement) throws SQLException {
        List<Fired> fired = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Run run = run(row, row.getString(10));
                fired.add(new Fired(run, row.getInt(7), row.getLong(8), row.getBoolean(9)));
            }
        }
        return fired;
    }
}
