package dev.carnelian.queue;

import dev.carnelian.job.JobStatus;
import dev.carnelian.job.TenantId;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list of jobs. Only the conditions that are asked for become part of the statement, so that PostgreSQL
 * can choose the index for them; their values are always bound.
 */
final class JobList {
    private static final String ORDER = " ORDER BY j.created_at DESC, j.id DESC LIMIT :limit";

    /** Each status has its index, or its part of one; together these are all jobs. */
    private static final List<String> STATUSES = List.of(
            " AND j.final_status IS NULL",
            " AND j.final_status = 'completed'",
            " AND j.final_status = 'failed'",
            " AND j.final_status = 'cancelled'");

    private final StringBuilder conditions = new StringBuilder("j.tenant_id = :tenant");
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final boolean byStatus;

    JobList(TenantId tenant, JobFilter filter) {
        values.put("tenant", tenant.value());
        status(filter.status());
        where("j.type = :type", "type", filter.type());
        boolean ofQueue = filter.queue() != null && !filter.queue().equals(JobSettings.DEFAULT_QUEUE);
        // Said twice: most jobs are in the default queue, so the index leaves it out.
        where(ofQueue ? "j.queue = :queue AND j.queue <> 'default'" : "j.queue = :queue", "queue", filter.queue());
        if (!filter.labels().isEmpty()) {
            where("j.labels @> :labels::jsonb AND j.labels <> '{}'", "labels", Labels.toJson(filter.labels()));
        }
        where("j.created_at > :createdAfter", "createdAfter", filter.createdAfter());
        where("j.created_at < :createdBefore", "createdBefore", filter.createdBefore());
        where(
                "(j.id = :root OR (j.root_job_id = :root AND j.original_job_id IS NOT NULL))",
                "root",
                filter.root() == null ? null : filter.root().value());
        where("j.node = :node AND j.status = 'running' AND j.final_status IS NULL", "node", filter.node());
        boolean hasOwnIndex = ofQueue || !filter.labels().isEmpty() || filter.root() != null;
        byStatus = !hasOwnIndex && filter.status() == null && filter.node() == null;
    }

    List<Job> read(Handle handle, Jobs.@Nullable Position after, int limit) {
        return query(handle, "", after, limit).map(new JobDao.Mapper()).list();
    }

    /** The statement after the given words. */
    Query query(Handle handle, String words, Jobs.@Nullable Position after, int limit) {
        if (after != null) {
            conditions.append(" AND (j.created_at, j.id) < (:afterTime, :afterId)");
            values.put("afterTime", after.createdAt());
            values.put("afterId", after.id().value());
        }
        String page = (byStatus ? STATUSES : List.of(""))
                .stream()
                        .map(status -> "(SELECT * FROM jobs AS j WHERE " + conditions + status + ORDER + ")")
                        .collect(Collectors.joining(" UNION ALL "));
        String sql = "SELECT " + JobDao.FACTS + JobDao.SHORT_PAYLOADS + "FROM (" + page + ")" + JobDao.WITH_PROGRESS;
        Query query = handle.createQuery(words + sql + ORDER).bind("limit", limit);
        values.forEach((name, value) -> bind(query, name, value));
        return query;
    }

    private void status(@Nullable JobStatus status) {
        if (status == null) {
            return;
        }
        // The indexes know the final statuses only, see V003.
        String condition =
                status.isFinal() ? "j.final_status = :status" : "j.final_status IS NULL AND j.status = :status";
        where(condition, "status", status.wireName());
    }

    private void where(String condition, String name, @Nullable Object value) {
        if (value != null) {
            conditions.append(" AND ").append(condition);
            values.put(name, value);
        }
    }

    private static void bind(Query query, String name, Object value) {
        if (value instanceof Instant time) {
            query.bind(name, time);
        } else if (value instanceof UUID id) {
            query.bind(name, id);
        } else {
            query.bind(name, value.toString());
        }
    }
}
