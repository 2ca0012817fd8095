package dev.carnelian.queue;

import dev.carnelian.queue.Job.Attempt;
import dev.carnelian.queue.Job.Item;
import dev.carnelian.queue.Job.LogLine;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jspecify.annotations.Nullable;

/** Reads what the attempts of a job recorded. */
interface RecordDao {
    @SqlQuery("SELECT EXISTS (SELECT 1 FROM jobs WHERE tenant_id = :tenant AND id = :id)")
    boolean exists(String tenant, UUID id);

    /** The job's own row is its last attempt, unless that one is already history or was handed back. */
    @RegisterRowMapper(AttemptMapper.class)
    @SqlQuery("""
            SELECT a.attempt, a.node, a.outcome, a.started_at, a.ended_at, a.code, a.message, a.retryable
            FROM job_attempts AS a JOIN jobs AS j ON j.id = a.job_id
            WHERE j.tenant_id = :tenant AND j.id = :id
            UNION ALL
            SELECT j.attempt, j.node, j.status, j.started_at, j.completed_at,
                CASE WHEN j.status = 'failed' THEN j.failure_code END, j.failure_message,
                CASE WHEN j.status = 'failed' THEN j.result #>> '{error,retryable}' = 'true' END
            FROM jobs AS j
            WHERE j.tenant_id = :tenant AND j.id = :id AND j.status <> 'pending' AND j.attempt > 0
              AND NOT EXISTS (SELECT 1 FROM job_attempts AS a WHERE a.job_id = j.id AND a.attempt = j.attempt)
            ORDER BY attempt""")
    List<Attempt> attempts(String tenant, UUID id);

    @RegisterRowMapper(ItemMapper.class)
    @SqlQuery("""
            SELECT i.position, i.name, i.attempt, i.code, i.message, i.retryable
            FROM job_items AS i JOIN jobs AS j ON j.id = i.job_id
            WHERE j.tenant_id = :tenant AND i.job_id = :id AND i.position > :after
              AND (:failed::boolean IS NULL OR (i.code IS NOT NULL) = :failed::boolean)
            ORDER BY i.position LIMIT :limit""")
    List<Item> items(String tenant, UUID id, @Nullable Boolean failed, long after, int limit);

    @RegisterConstructorMapper(LogLine.class)
    @SqlQuery("""
            SELECT l.id, l.attempt, l.at, l.level, l.message
            FROM job_logs AS l JOIN jobs AS j ON j.id = l.job_id
            WHERE j.tenant_id = :tenant AND l.job_id = :id AND l.id > :after
              AND (:attempt::int IS NULL OR l.attempt = :attempt::int)
            ORDER BY l.id LIMIT :limit""")
    List<LogLine> logs(String tenant, UUID id, @Nullable Integer attempt, long after, int limit);

    /** Reads an attempt. */
    final class AttemptMapper implements RowMapper<Attempt> {
        @Override
        public Attempt map(ResultSet row, StatementContext context) throws SQLException {
            return new Attempt(
                    row.getInt("attempt"),
                    row.getString("node"),
                    row.getString("outcome"),
                    row.getObject("started_at", java.time.OffsetDateTime.class).toInstant(),
                    JobMapper.instant(row, "ended_at"),
                    Jobs.failure(row.getString("code"), row.getString("message"), row.getBoolean("retryable")));
        }
    }

    /** Reads an item. */
    final class ItemMapper implements RowMapper<Item> {
        @Override
        public Item map(ResultSet row, StatementContext context) throws SQLException {
            return new Item(
                    row.getInt("position"),
                    row.getString("name"),
                    row.getInt("attempt"),
                    Jobs.failure(row.getString("code"), row.getString("message"), row.getBoolean("retryable")));
        }
    }
}
