package dev.carnelian.httpcall;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** The statements against {@code http_runs} and {@code http_reports}. */
@RegisterConstructorMapper(RunDao.Row.class)
interface RunDao {
    /** What a report needs to know of its run. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares rows
    record Row(UUID jobId, String runId, byte[] tokenHash) {}

    @SqlUpdate("""
            INSERT INTO http_runs (id, tenant_id, job_id, run_id, token_hash)
            VALUES (:id, :tenant, :job, :runId, :tokenHash)""")
    void insert(UUID id, String tenant, UUID job, String runId, byte[] tokenHash);

    @SqlQuery("SELECT job_id, run_id, token_hash FROM http_runs WHERE id = :id")
    Optional<Row> find(UUID id);

    /** The run's row is locked until the report is there, so the numbers become visible in their order. */
    @SqlUpdate("""
            WITH run AS (
                UPDATE http_runs SET reports = reports + 1
                WHERE id = :id AND ending IS NULL
                  AND reports < 50 + 5 * extract(epoch FROM now() - created_at)
                  AND (SELECT count(*) FROM http_reports WHERE run_id = :id) < 200
                RETURNING id, reports)
            INSERT INTO http_reports (run_id, number, report) SELECT id, reports, :report FROM run""")
    int append(UUID id, String report);

    @SqlUpdate("UPDATE http_runs SET ending = :report, is_completed = :completed WHERE id = :id AND ending IS NULL")
    int end(UUID id, String report, boolean completed);

    @SqlQuery("SELECT ending FROM http_runs WHERE id = :id AND ending IS NOT NULL")
    Optional<String> ending(UUID id);

    @SqlQuery("SELECT EXISTS (SELECT FROM http_runs WHERE id = :id AND ending IS NOT NULL)")
    boolean hasEnded(UUID id);

    @SqlQuery("""
            SELECT ending FROM http_runs WHERE job_id = :job AND is_completed
            ORDER BY created_at DESC LIMIT 1""")
    Optional<String> completed(UUID job);

    @SqlQuery("""
            WITH taken AS (DELETE FROM http_reports WHERE run_id = :run RETURNING number, report)
            SELECT report FROM taken ORDER BY number""")
    List<String> take(UUID run);

    @SqlUpdate("DELETE FROM http_runs WHERE id = :id AND ending IS NULL")
    void delete(UUID id);

    @SqlUpdate("""
            WITH old AS MATERIALIZED (
                SELECT id FROM http_runs WHERE created_at < now() - interval '3 days'
                ORDER BY created_at LIMIT :batch FOR UPDATE SKIP LOCKED)
            DELETE FROM http_runs AS r USING old WHERE r.id = old.id""")
    int deleteOld(int batch);
}
