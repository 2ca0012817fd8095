package dev.carnelian.queue;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jspecify.annotations.Nullable;

/** What callers do to single rows of {@code jobs}. Each UPDATE names the state it leaves. */
@RegisterRowMapper(JobDao.Mapper.class)
interface JobDao {
    /** Here, as a member of an interface is public, which JDBI needs. */
    final class Mapper implements RowMapper<Job> {
        @Override
        public Job map(ResultSet row, StatementContext context) throws SQLException {
            return JobMapper.read(row);
        }
    }

    String FACTS = """
            j.id, j.tenant_id, j.type, j.status, j.queue, j.priority, j.labels,
            j.max_attempts, j.backoff_kind, j.backoff_initial_ms, j.backoff_max_ms, j.backoff_jitter,
            j.timeout_ms, j.retention_s, j.original_job_id, j.root_job_id, j.failed_items_only,
            j.created_at, j.scheduled_at, j.run_at, j.started_at, j.completed_at, j.cancel_requested_at,
            j.expires_at, j.attempt, j.node, j.failure_code, j.failure_message, j.cancel_reason, j.version,
            p.percent, p.processed, p.total, p.failed_items, p.message AS progress_message, now() AS read_at""";

    String PAYLOADS = ", j.input, j.result ";

    /** For lists: no input, and only a result short enough to come with a hundred others. */
    String SHORT_PAYLOADS = """
            , NULL AS input, CASE WHEN pg_column_size(j.result) <= 8192 AND octet_length(j.result::text) <= 8192
                THEN j.result END AS result
            """;

    /** The progress of another run is not this attempt's. */
    String WITH_PROGRESS = " AS j LEFT JOIN job_progress AS p ON p.job_id = j.id AND p.run_id = j.run_id ";

    String SELECT_JOB = "SELECT " + FACTS + PAYLOADS + "FROM jobs" + WITH_PROGRESS;

    String SELECT_CHANGED = "SELECT " + FACTS + PAYLOADS + "FROM changed" + WITH_PROGRESS;

    String THIS_JOB = " WHERE j.tenant_id = :tenant AND j.id = :id ";

    String FIND = SELECT_JOB + THIS_JOB;

    @SqlQuery(FIND)
    Optional<Job> find(String tenant, UUID id);

    /** The job, which nobody changes until the transaction ends. */
    @SqlQuery(FIND + "FOR NO KEY UPDATE OF j")
    Optional<Job> findAndLock(String tenant, UUID id);

    /** The job, which nobody changes or deletes until the transaction ends; many may hold it so at once. */
    @SqlQuery(FIND + "FOR SHARE OF j")
    Optional<Job> findAndShare(String tenant, UUID id);

    @SqlQuery("""
            WITH changed AS (
                UPDATE jobs SET status = 'cancelled', final_status = 'cancelled',
                    completed_at = now(), expires_at = now() + make_interval(secs => retention_s),
                    cancel_requested_at = now(), cancel_reason = :reason, version = version + 1
                WHERE tenant_id = :tenant AND id = :id AND status = 'pending'
                RETURNING *)
            """ + SELECT_CHANGED)
    Optional<Job> cancelPending(String tenant, UUID id, @Nullable String reason);

    @SqlQuery("""
            WITH changed AS (
                UPDATE jobs SET cancel_requested_at = now(), cancel_reason = :reason, version = version + 1
                WHERE tenant_id = :tenant AND id = :id AND status = 'running' AND cancel_requested_at IS NULL
                RETURNING *)
            """ + SELECT_CHANGED)
    Optional<Job> requestCancel(String tenant, UUID id, @Nullable String reason);

    /** Deletes a final job and all that hangs on it; answers how many that were. */
    @SqlQuery("""
            WITH gone AS (
                DELETE FROM jobs WHERE tenant_id = :tenant AND id = :id AND final_status IS NOT NULL RETURNING id
            ), progress AS (DELETE FROM job_progress USING gone WHERE job_id = gone.id
            ), attempts AS (DELETE FROM job_attempts USING gone WHERE job_id = gone.id
            ), items AS (DELETE FROM job_items USING gone WHERE job_id = gone.id
            ), selected AS (DELETE FROM job_selected_items USING gone WHERE job_id = gone.id
            ), logs AS (DELETE FROM job_logs USING gone WHERE job_id = gone.id)
            SELECT count(*) FROM gone""")
    int delete(String tenant, UUID id);

    /** The jobs of these ids that the tenant has, without their payloads. */
    @SqlQuery("SELECT " + FACTS + SHORT_PAYLOADS + "FROM jobs" + WITH_PROGRESS
            + " WHERE j.tenant_id = :tenant AND j.id = ANY(:ids) ORDER BY j.created_at DESC, j.id DESC")
    List<Job> findAll(String tenant, List<UUID> ids);

    @RegisterConstructorMapper(Jobs.RunStanding.class)
    @SqlQuery("""
            SELECT status, cancel_requested_at IS NOT NULL AS cancel_requested
            FROM jobs WHERE id = :id AND run_id = :runId AND status <> 'pending'""")
    Optional<Jobs.RunStanding> standing(UUID id, String runId);

    @SqlQuery("""
            SELECT e.id FROM unnest(:ids) AS e (id) LEFT JOIN jobs AS j ON j.id = e.id
            WHERE j.id IS NULL OR j.final_status IS NOT NULL""")
    List<UUID> finishedAmong(List<UUID> ids);
}
