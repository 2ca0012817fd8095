package dev.carnelian.jobstore;

import dev.carnelian.jobstore.OnceRows.Fired;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The claim of plain one-shots: one statement that picks what is due, takes it out of qrtz_triggers and enters it in
 * qrtz_fired_triggers. Up to {@code fairSlots} are divided among the lanes (the triggers' groups) that have due work, the
 * rest go by priority alone; a lane that is alone is its own first by priority. Rows that a peer is claiming are passed over, not waited for. Thread-safe.
 */
final class OnceClaims {
    /**
     * What a claim is to take.
     *
     * @param instance the instance the runs will belong to
     * @param firstEntry the number of the first entry id; the others follow
     * @param slots how many at most
     * @param fairSlots how many of them are for the first of the lanes, those after {@code lane} in turn
     * @param jobs names of the jobs that can be run here, null for all
     * @param not names of jobs to leave alone for now
     */
    record Wanted(
            String instance,
            long firstEntry,
            int slots,
            int fairSlots,
            String lane,
            @Nullable Set<String> jobs,
            Set<String> not) {}

    /**
     * What a claim took.
     *
     * @param lanes lanes whose turn it was
     * @param lastLane the last of them, null if there was none
     */
    record Claimed(List<Fired> fired, int lanes, @Nullable String lastLane) {}

    private static final String CLAIMABLE =
            "sched_name = ? AND trigger_state = 'WAITING' AND trigger_type = 'ONCE' AND due";

    private static final String RUNNABLE =
            "(?::text[] IS NULL OR job_name = ANY (?::text[])) AND job_name <> ALL (?::text[])";

    private static final String CLAIM = """
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
                    -- Not with "=": where most rows are of one lane, the others' would be searched for among them all.
                    WHERE %1$s AND trigger_group BETWEEN turn.name AND turn.name AND %2$s
                    ORDER BY trigger_group, priority DESC, next_fire_time
                    LIMIT (SELECT CASE WHEN count(*) < 2 THEN 1 ELSE ? / count(*) END FROM turn)
                    FOR UPDATE SKIP LOCKED) AS first
                -- Tells the planner that these are few enough for a hash table.
                LIMIT 10000
            ), urgent AS (
                SELECT ctid AS place FROM QRTZ_TRIGGERS WHERE %1$s AND %2$s
                ORDER BY priority DESC, next_fire_time LIMIT ? FOR UPDATE SKIP LOCKED
            ), picked AS (
                SELECT place FROM fair
                UNION ALL (SELECT place FROM urgent WHERE place NOT IN (SELECT place FROM fair))
                LIMIT ?
            ), gone AS (
                DELETE FROM QRTZ_TRIGGERS WHERE ctid = ANY (ARRAY(SELECT place FROM picked))
                RETURNING ctid AS place, trigger_name, trigger_group, job_name, job_group, priority, next_fire_time,
                    job_data
            ), numbered AS (
                SELECT *, row_number() OVER (ORDER BY fair_rank NULLS LAST, priority DESC, next_fire_time) AS number
                FROM (SELECT *, CASE WHEN place IN (SELECT place FROM fair) THEN row_number() OVER (
                          PARTITION BY trigger_group ORDER BY priority DESC, next_fire_time) END AS fair_rank
                      FROM gone) AS ranked
            ), entered AS (
                SELECT *, ? || (? + number - 1) AS entry_id FROM numbered
            ), fired AS (
                INSERT INTO QRTZ_FIRED_TRIGGERS (sched_name, entry_id, trigger_name, trigger_group, instance_name,
                    fired_time, sched_time, priority, state, job_name, job_group, is_nonconcurrent, requests_recovery,
                    once, trigger_data)
                SELECT ?, entry_id, trigger_name, trigger_group, ?, ?, next_fire_time, priority, 'EXECUTING',
                    n.job_name, n.job_group, false, coalesce(j.requests_recovery, false), true, n.job_data
                FROM entered AS n LEFT JOIN QRTZ_JOB_DETAILS AS j
                    ON j.sched_name = ? AND j.job_name = n.job_name AND j.job_group = n.job_group
            )
            SELECT entry_id, trigger_name, trigger_group, job_name, job_group, job_data, priority, next_fire_time,
                (SELECT count(*) FROM turn) AS lanes, (SELECT max(name) FROM turn) AS last_lane
            FROM entered ORDER BY number""".formatted(CLAIMABLE, RUNNABLE);

    private final Tables tables;

    OnceClaims(Tables tables) {
        this.tables = tables;
    }

    /**
     * Whether no peer is claiming at this moment; if so, none will until the commit that asks as well. A courtesy, not a
     * lock: nobody waits for it for long, and a claim is as right without it.
     */
    boolean hasTheFloor(Connection connection) throws SQLException {
        String sql = "SELECT pg_try_advisory_xact_lock(hashtextextended(?, 0))";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, tables.prefix() + "claim " + tables.scheduler());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /** Claims and fires what is due; in the answer the first of each lane stand first, then the second of each, ... */
    Claimed claim(Connection connection, Wanted wanted, long now) throws SQLException {
        String scheduler = tables.scheduler();
        try (PreparedStatement statement = tables.prepare(connection, CLAIM)) {
            Parameters next = new Parameters(statement);
            next.text(scheduler).text(wanted.lane()).text(scheduler).number(wanted.fairSlots());
            setClaimable(next, wanted);
            next.number(wanted.fairSlots());
            setClaimable(next, wanted);
            next.number(wanted.slots()).number(wanted.slots());
            next.text(wanted.instance()).number(wanted.firstEntry());
            next.text(scheduler).text(wanted.instance()).number(now).text(scheduler);
            return claimed(statement, wanted.instance());
        }
    }

    private void setClaimable(Parameters next, Wanted wanted) throws SQLException {
        next.text(tables.scheduler());
        next.texts(wanted.jobs()).texts(wanted.jobs()).texts(wanted.not());
    }

    private static Claimed claimed(PreparedStatement statement, String instance) throws SQLException {
        List<Fired> fired = new ArrayList<>();
        int lanes = 0;
        String lastLane = null;
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                fired.add(new Fired(OnceRows.run(row, instance), row.getInt(7), row.getLong(8), false));
                lanes = row.getInt(9);
                lastLane = row.getString(10);
            }
        }
        return new Claimed(fired, lanes, lastLane);
    }
}
