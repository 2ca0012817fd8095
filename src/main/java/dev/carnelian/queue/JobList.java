package dev.carnelian.queue;

import dev.carnelian.job.JobStatus;
import dev.carnelian.job.TenantId;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list of jobs. Only the conditions that are asked for become part of the statement, so that PostgreSQL
 * can choose the index for them; their values are always bound.
 */
final class JobList {
    private final StringBuilder sql = new StringBuilder("SELECT " + JobDao.FACTS + JobDao.SHORT_PAYLOADS + "FROM jobs"
            + JobDao.WITH_PROGRESS + "WHERE j.tenant_id = :tenant");
    private final Map<String, Object> values = new LinkedHashMap<>();

    JobList(TenantId tenant, JobFilter filter) {
        values.put("tenant", tenant.value());
        status(filter.status());
        where("j.type = :type", "type", filter.type());
        queue(filter.queue());
        if (!filter.labels().isEmpty()) {
            where("j.labels @> :labels::jsonb AND j.labels <> '{}'", "labels", Labels.toJson(filter.labels()));
        }
        where("j.created_at > :createdAfter", "createdAfter", filter.createdAfter());
        where("j.created_at < :createdBefore", "createdBefore", filter.createdBefore());
        where(
                "j.root_job_id = :root",
                "root",
                filter.root() == null ? null : filter.root().value());
        where("j.node = :node AND j.status = 'running' AND j.final_status IS NULL", "node", filter.node());
    }

    List<Job> read(Handle handle, Jobs.@Nullable Position after, int limit) {
        if (after != null) {
            sql.append(" AND (j.created_at, j.id) < (:afterTime, :afterId)");
            values.put("afterTime", after.createdAt());
            values.put("afterId", after.id().value());
        }
        sql.append(" ORDER BY j.created_at DESC, j.id DESC LIMIT :limit");
        Query query = handle.createQuery(sql.toString()).bind("limit", limit);
        values.forEach((name, value) -> bind(query, name, value));
        return query.map(new JobDao.Mapper()).list();
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

    private void queue(@Nullable String queue) {
        // Said twice: most jobs are in the default queue, so the index leaves it out.
        boolean indexed = queue != null && !queue.equals(JobSettings.DEFAULT_QUEUE);
        where(indexed ? "j.queue = :queue AND j.queue <> 'default'" : "j.queue = :queue", "queue", queue);
    }

    private void where(String condition, String name, @Nullable Object value) {
        if (value != null) {
            sql.append(" AND ").append(condition);
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
