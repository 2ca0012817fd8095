package dev.carnelian.queue;

import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Job.Attempt;
import dev.carnelian.queue.Job.Item;
import dev.carnelian.queue.Job.LogLine;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Reads jobs and what was recorded about them. A tenant sees its own alone. Thread-safe. */
public final class Jobs {
    private final Jdbi jdbi;

    public Jobs(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The place of a job in a list: the list goes on with what was created before it. */
    public record Position(Instant createdAt, JobId id) {
        public static Position of(Job job) {
            return new Position(job.times().created(), job.id());
        }
    }

    /** The job with its payloads. */
    public Optional<Job> find(TenantId tenant, JobId id) {
        // Not by JobDao: JDBI makes ready all of its methods for each call, which took half of the time of a poll.
        return jdbi.withHandle(handle -> handle.createQuery(JobDao.FIND)
                .bind("tenant", tenant.value())
                .bind("id", id.value())
                .map(new JobDao.Mapper())
                .findOne());
    }

    /** Those of the jobs that exist, newest first, as {@link #list} shows them. */
    public List<Job> findAll(TenantId tenant, Collection<JobId> ids) {
        return jdbi.withExtension(
                JobDao.class,
                jobs -> jobs.findAll(
                        tenant.value(), ids.stream().map(JobId::value).toList()));
    }

    /**
     * Jobs, newest first, without input, and without a result longer than 8 KiB.
     *
     * @param after null for the first page
     */
    public List<Job> list(TenantId tenant, JobFilter filter, @Nullable Position after, int limit) {
        return jdbi.withHandle(handle -> new JobList(tenant, filter).read(handle, after, limit));
    }

    /** The attempts in their order, the last one as the job itself tells it; empty if there is no such job. */
    public Optional<List<Attempt>> attempts(JobRef job) {
        return ifExists(
                job, records -> records.attempts(job.tenant().value(), job.id().value()));
    }

    /**
     * Items in the order of their positions; empty if there is no such job.
     *
     * @param failed true for failed items, false for the others, null for all
     * @param after the position before the first one wanted, -1 for the first page
     */
    public Optional<List<Item>> items(JobRef job, @Nullable Boolean failed, long after, int limit) {
        return ifExists(
                job, records -> records.items(job.tenant().value(), job.id().value(), failed, after, limit));
    }

    /**
     * Log lines, oldest first; empty if there is no such job.
     *
     * @param attempt the number of the attempt whose lines are wanted, null for all
     * @param after the id before the first one wanted, 0 for the first page
     */
    public Optional<List<LogLine>> logs(JobRef job, @Nullable Integer attempt, long after, int limit) {
        return ifExists(
                job, records -> records.logs(job.tenant().value(), job.id().value(), attempt, after, limit));
    }

    /** Those of the jobs that have ended, or exist no longer. For callers that have already found them. */
    public Set<JobId> finishedAmong(Collection<JobId> ids) {
        Set<JobId> finished = new HashSet<>();
        jdbi.useExtension(
                JobDao.class,
                jobs -> jobs.finishedAmong(ids.stream().map(JobId::value).toList())
                        .forEach(id -> finished.add(new JobId(id))));
        return finished;
    }

    /**
     * How the job of a run stands.
     *
     * @param status running as long as the run is under way, else what it ended with
     */
    public record RunStanding(JobStatus status, boolean cancelRequested) {}

    /** How the job of a run stands; empty if another run replaced it, or the job waits for one or is gone. */
    public Optional<RunStanding> standing(Runs.RunOf run) {
        return jdbi.withExtension(JobDao.class, jobs -> jobs.standing(run.job().value(), run.runId()));
    }

    private <T> Optional<List<T>> ifExists(JobRef job, Function<RecordDao, List<T>> read) {
        return jdbi.withExtension(
                RecordDao.class,
                records -> records.exists(job.tenant().value(), job.id().value())
                        ? Optional.of(read.apply(records))
                        : Optional.empty());
    }

    static @Nullable JobFailure failure(@Nullable String code, @Nullable String message, boolean retryable) {
        return code == null ? null : new JobFailure(code, message == null ? "" : message, retryable);
    }
}
