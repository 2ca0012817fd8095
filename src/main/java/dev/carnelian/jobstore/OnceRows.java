package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.quartz.JobKey;
import org.quartz.TriggerKey;

/**
 * The statements on sets of plain one-shots. Each is one row: in qrtz_triggers until it fires, then in
 * qrtz_fired_triggers until its run ends.
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

    /**
     * What a claim took.
     *
     * @param lanes lanes whose turn it was
     * @param lastLane the last of them, null if there was none
     */
    record Claimed(List<Fired> fired, int lanes, @Nullable String lastLane) {}

    private static final String CLAIMABLE =
            "sched_name = ? AND trigger_state = 'WAITING' AND trigger_type = 'ONCE' AND due";

    private final String scheduler;
    private final String prefix;

    OnceRows(String scheduler, String prefix) {
        this.scheduler = scheduler;
        this.prefix = prefix;
    }

    /** Stores them; those of a paused group are stored paused, as Quartz does it. */
    void insert(Connection connection, List<OneShot> shots, long now) throws SQLException {
        String sql = """
                INSERT INTO QRTZ_TRIGGERS (sched_name, trigger_name, trigger_group, job_name, job_group, next_fire_time,
                    prev_fire_time, priority, trigger_state, trigger_type, start_time, end_time, misfire_instr, job_data, due)
                SELECT ?, name, grp, job_name, job_group, fire_at, -1, priority,
                    CASE WHEN EXISTS (SELECT 1 FROM QRTZ_PAUSED_TRIGGER_GRPS AS paused
                             WHERE paused.sched_name = ? AND paused.trigger_group IN (shot.grp, '_$_ALL_GROUPS_PAUSED_$_'))
                         THEN 'PAUSED' ELSE 'WAITING' END,
                    'ONCE', fire_at, 0, -1, data, fire_at <= ?
                FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::int[], ?::bytea[])
                    AS shot (name, grp, job_name, job_group, fire_at, priority, data)""";
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setString(1, scheduler);
            statement.setString(2, scheduler);
            statement.setLong(3, now);
            setArray(statement, 4, "text", shots, shot -> shot.trigger().getName());
            setArray(statement, 5, "text", shots, shot -> shot.trigger().getGroup());
            setArray(statement, 6, "text", shots, shot -> shot.job().getName());
            setArray(statement, 7, "text", shots, shot -> shot.job().getGroup());
            setArray(statement, 8, "int8", shots, shot -> fireAt(shot, now));
            setArray(statement, 9, "int4", shots, OneShot::priority);
            byte[][] data =
                    shots.stream().map(shot -> TriggerData.bytes(shot.data())).toArray(byte[][]::new);
            statement.setArray(10, connection.createArrayOf("bytea", data));
            statement.executeUpdate();
        }
    }

    private static long fireAt(OneShot shot, long now) {
        return shot.fireAt() == null ? now : shot.fireAt().toEpochMilli();
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
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            statement.setString(1, scheduler);
            statement.setString(2, key.getName());
            statement.setString(3, key.getGroup());
            return statement.executeUpdate() > 0;
        }
    }

    /**
     * What a claim is to take.
     *
     * @param instance the instance the runs will belong to
     * @param firstEntry the number of the first entry id; the others follow
     * @param slots how many at most
     * @param fairSlots how many of them are for the first of each lane, the lanes after {@code lane} in turn
     * @param jobs names of the jobs that can be run here, null for all
     * @param not names of jobs to leave alone for now
     */
    record Claim(
            String instance,
            long firstEntry,
            int slots,
            int fairSlots,
            String lane,
            @Nullable Set<String> jobs,
            Set<String> not) {}

    /**
     * Whether no peer is claiming at this moment; if so, none will until the commit that asks as well. A courtesy, not a
     * lock: nobody waits for it for long, and a claim is as right without it.
     */
    boolean hasTheFloor(Connection connection) throws SQLException {
        String sql = "SELECT pg_try_advisory_xact_lock(hashtextextended(?, 0))";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, prefix + "claim " + scheduler);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /** Claims and fires what is due, in one statement. */
    Claimed claim(Connection connection, Claim claim, long now) throws SQLException {
        String sql = """
                WITH RECURSIVE lane (name) AS (
                    (SELECT trigger_group FROM QRTZ_TRIGGERS WHERE %1$s AND trigger_group > ?
                     ORDER BY trigger_group LIMIT 1)
                    UNION ALL
                    SELECT (SELECT trigger_group FROM QRTZ_TRIGGERS WHERE %1$s AND trigger_group > lane.name
                            ORDER BY trigger_group LIMIT 1)
                    FROM lane WHERE lane.name IS NOT NULL
                ), turn AS (
                    SELECT name FROM lane WHERE name IS NOT NULL LIMIT ?
                ), fair AS (
                    SELECT first.place FROM turn CROSS JOIN LATERAL (
                        SELECT ctid AS place FROM QRTZ_TRIGGERS
                        WHERE %1$s AND trigger_group = turn.name AND next_fire_time <= ? AND %2$s
                        ORDER BY priority DESC, next_fire_time LIMIT 1 FOR UPDATE SKIP LOCKED) AS first
                ), urgent AS (
                    SELECT ctid AS place FROM QRTZ_TRIGGERS WHERE %1$s AND next_fire_time <= ? AND %2$s
                    ORDER BY priority DESC, next_fire_time LIMIT ? FOR UPDATE SKIP LOCKED
                ), picked AS (
                    SELECT place FROM fair
                    UNION ALL (SELECT place FROM urgent WHERE place NOT IN (SELECT place FROM fair))
                    LIMIT ?
                ), gone AS (
                    DELETE FROM QRTZ_TRIGGERS WHERE ctid = ANY (ARRAY(SELECT place FROM picked))
                    RETURNING trigger_name, trigger_group, job_name, job_group, priority, next_fire_time, job_data
                ), numbered AS (
                    SELECT *, ? || (? + row_number() OVER (ORDER BY priority DESC, next_fire_time) - 1) AS entry_id FROM gone
                ), fired AS (
                    INSERT INTO QRTZ_FIRED_TRIGGERS (sched_name, entry_id, trigger_name, trigger_group, instance_name,
                        fired_time, sched_time, priority, state, job_name, job_group, is_nonconcurrent, requests_recovery,
                        once, trigger_data)
                    SELECT ?, entry_id, trigger_name, trigger_group, ?, ?, next_fire_time, priority, 'EXECUTING',
                        n.job_name, n.job_group, false, coalesce(j.requests_recovery, false), true, n.job_data
                    FROM numbered AS n LEFT JOIN QRTZ_JOB_DETAILS AS j
                        ON j.sched_name = ? AND j.job_name = n.job_name AND j.job_group = n.job_group
                )
                SELECT entry_id, trigger_name, trigger_group, job_name, job_group, job_data, priority, next_fire_time,
                    (SELECT count(*) FROM turn) AS lanes, (SELECT max(name) FROM turn) AS last_lane
                FROM numbered ORDER BY priority DESC, next_fire_time""".formatted(
                        CLAIMABLE, "(?::text[] IS NULL OR job_name = ANY (?::text[])) AND job_name <> ALL (?::text[])");
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            Parameters next = new Parameters(statement);
            next.text(scheduler).text(claim.lane()).text(scheduler).number(claim.fairSlots());
            next.text(scheduler)
                    .number(now)
                    .texts(claim.jobs())
                    .texts(claim.jobs())
                    .texts(claim.not());
            next.text(scheduler)
                    .number(now)
                    .texts(claim.jobs())
                    .texts(claim.jobs())
                    .texts(claim.not());
            next.number(claim.slots()).number(claim.slots());
            next.text(claim.instance()).number(claim.firstEntry());
            next.text(scheduler).text(claim.instance()).number(now).text(scheduler);
            return claimed(statement, claim.instance());
        }
    }

    private static Claimed claimed(PreparedStatement statement, String instance) throws SQLException {
        List<Fired> fired = new ArrayList<>();
        int lanes = 0;
        String lastLane = null;
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                fired.add(new Fired(run(row, instance), row.getInt(7), row.getLong(8), false));
                lanes = row.getInt(9);
                lastLane = row.getString(10);
            }
        }
        return new Claimed(fired, lanes, lastLane);
    }

    private static Run run(ResultSet row, String instance) throws SQLException {
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
     * @param nextDelayed when the next delayed one-shot is due
     * @param nextOther when the next of Quartz's own triggers is; {@link Long#MAX_VALUE} if there is none
     */
    record Coming(long nextDelayed, long nextOther) {}

    /** Lets the claim see the delayed one-shots whose time has come, and looks what follows. */
    Coming look(Connection connection, long now) throws SQLException {
        String sql = """
                WITH due AS (
                    UPDATE QRTZ_TRIGGERS SET due = true WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM QRTZ_TRIGGERS
                        WHERE sched_name = ? AND trigger_type = 'ONCE' AND NOT due AND next_fire_time <= ?
                        ORDER BY next_fire_time LIMIT 1000 FOR UPDATE SKIP LOCKED))
                )
                SELECT coalesce((
                        SELECT next_fire_time FROM QRTZ_TRIGGERS
                        WHERE sched_name = ? AND trigger_type = 'ONCE' AND NOT due AND next_fire_time > ?
                        ORDER BY next_fire_time LIMIT 1), ?),
                    coalesce((
                        SELECT next_fire_time FROM QRTZ_TRIGGERS
                        WHERE sched_name = ? AND trigger_state = 'WAITING' AND trigger_type <> 'ONCE'
                        ORDER BY next_fire_time LIMIT 1), ?)""";
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            Parameters next = new Parameters(statement);
            next.text(scheduler).number(now).text(scheduler).number(now).number(Long.MAX_VALUE);
            next.text(scheduler).number(Long.MAX_VALUE);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Coming(row.getLong(1), row.getLong(2));
            }
        }
    }

    /** Locks runs of an instance, some or all of them, so that their end waits for what is done with them here. */
    List<Fired> lock(Connection connection, String instance, @Nullable Collection<String> entryIds)
            throws SQLException {
        String sql = """
                SELECT entry_id, trigger_name, trigger_group, job_name, job_group, trigger_data, priority, sched_time,
                    requests_recovery
                FROM QRTZ_FIRED_TRIGGERS
                WHERE sched_name = ? AND instance_name = ? AND once AND %s
                FOR UPDATE""".formatted(entryIds == null ? "true" : "entry_id = ANY (?::text[])");
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            Parameters next = new Parameters(statement).text(scheduler).text(instance);
            if (entryIds != null) {
                next.texts(entryIds);
            }
            return fired(statement, instance);
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
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            new Parameters(statement).text(scheduler).texts(entryIds);
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
        try (PreparedStatement statement = connection.prepareStatement(named(sql))) {
            new Parameters(statement).text(scheduler).texts(entryIds);
            statement.executeUpdate();
        }
    }

    private static List<Fired> fired(PreparedStatement statement, String instance) throws SQLException {
        List<Fired> fired = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                fired.add(new Fired(run(row, instance), row.getInt(7), row.getLong(8), row.getBoolean(9)));
            }
        }
        return fired;
    }

    private String named(String sql) {
        return sql.replace("QRTZ_", prefix);
    }

    private static <T> void setArray(
            PreparedStatement statement, int index, String type, List<T> rows, Function<T, Object> value)
            throws SQLException {
        statement.setArray(
                index,
                statement
                        .getConnection()
                        .createArrayOf(type, rows.stream().map(value).toArray()));
    }

    /** Sets the parameters of a statement one after the other. */
    private static final class Parameters {
        private final PreparedStatement statement;
        private int index;

        Parameters(PreparedStatement statement) {
            this.statement = statement;
        }

        Parameters text(String value) throws SQLException {
            statement.setString(++index, value);
            return this;
        }

        Parameters number(long value) throws SQLException {
            statement.setLong(++index, value);
            return this;
        }

        Parameters texts(@Nullable Collection<String> values) throws SQLException {
            statement.setArray(
                    ++index, values == null ? null : statement.getConnection().createArrayOf("text", values.toArray()));
            return this;
        }
    }
}
