package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.RefusedException.Reason;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionException;
import org.jspecify.annotations.Nullable;

/**
 * What callers do to jobs. Each method is one transaction: when it returns, its effect is durable; when it throws, there
 * is none. Thread-safe.
 *
 * <p>Methods that take an {@link IdempotencyKey} also take the making of the {@link Answer}, which is stored with the
 * key in that transaction.
 */
public final class JobQueue {
    private final Jdbi jdbi;
    private final Triggers triggers;
    private final Signals signals;

    public JobQueue(Jdbi jdbi, Triggers triggers, Signals signals) {
        this.jdbi = jdbi;
        this.triggers = triggers;
        this.signals = signals;
    }

    /** Accepts a job: it will run at least once, or be cancelled. */
    public Job enqueue(NewJob wanted) {
        return enqueue(List.of(wanted)).get(0);
    }

    /** Accepts all of the jobs; answers them in their order. */
    public List<Job> enqueue(List<NewJob> wanted) {
        // One statement does it all, so a transaction around it would only cost two more round trips.
        List<Job> jobs = jdbi.withHandle(handle -> insertNew(handle, wanted));
        signals.jobsDue();
        return jobs;
    }

    /** Accepts a job, once for each key. */
    public Answer enqueue(NewJob wanted, Optional<IdempotencyKey> key, Function<Job, Answer> answer) {
        return enqueue(wanted.tenant(), List.of(wanted), key, jobs -> answer.apply(jobs.get(0)));
    }

    /** Accepts all of a tenant's jobs, which may be none, once for each key. */
    public Answer enqueue(
            TenantId tenant, List<NewJob> wanted, Optional<IdempotencyKey> key, Function<List<Job>, Answer> answer) {
        Answer given = once(tenant, key, transaction -> answer.apply(insertNew(transaction, wanted)));
        if (!given.replayed()) {
            signals.jobsDue();
        }
        return given;
    }

    /**
     * Accepts a new job that does again what a finished one did. The finished one is not touched.
     *
     * @throws RefusedException if there is no such job, its status forbids it, or it has no failed items to do again
     */
    public Answer rerun(Rerun wanted, Optional<IdempotencyKey> key, Function<Job, Answer> answer) {
        Answer given = once(wanted.tenant(), key, transaction -> answer.apply(insertRerun(transaction, wanted)));
        if (!given.replayed()) {
            signals.jobsDue();
        }
        return given;
    }

    /**
     * Cancels a pending job at once; asks the worker of a running one to stop, which the job then says of itself until
     * it did. A cancelled job stays as it is.
     *
     * @throws RefusedException if there is no such job, or it ended otherwise
     */
    public Answer cancel(
            JobRef job, @Nullable String reason, Optional<IdempotencyKey> key, Function<Job, Answer> answer) {
        Answer given = once(job.tenant(), key, transaction -> answer.apply(cancel(transaction, job, reason)));
        if (!given.replayed()) {
            signals.cancelRequested(job.id());
        }
        return given;
    }

    /**
     * Deletes a finished job with its attempts, items and log.
     *
     * @throws RefusedException if there is no such job, or it has not ended
     */
    public void delete(TenantId tenant, JobId id) {
        jdbi.useTransaction(transaction -> {
            JobDao jobs = transaction.attach(JobDao.class);
            if (jobs.delete(tenant.value(), id.value()) == 1) {
                return;
            }
            Job job = jobs.find(tenant.value(), id.value()).orElseThrow(RefusedException::notFound);
            throw RefusedException.status(
                    Reason.JOB_ACTIVE, id, job.status(), "cancel it first, or wait until it has ended");
        });
    }

    private Answer once(TenantId tenant, Optional<IdempotencyKey> key, Function<Handle, Answer> work) {
        return jdbi.inTransaction(
                transaction -> Idempotency.once(transaction, tenant, key, () -> work.apply(transaction)));
    }

    private List<Job> insertNew(Handle handle, List<NewJob> wanted) {
        return insert(handle, wanted.stream().map(Accepted::first).toList());
    }

    private List<Job> insert(Handle handle, List<Accepted> accepted) {
        if (accepted.isEmpty()) {
            return List.of();
        }
        Connection connection = handle.getConnection();
        try {
            Instant now = triggers.schedule(
                    connection,
                    JobInsert.of(accepted, connection),
                    accepted.stream().map(Accepted::trigger).toList());
            return accepted.stream().map(job -> job.storedAt(now)).toList();
        } catch (SQLException e) {
            throw new TransactionException(accepted.size() + " jobs and their triggers were not stored", e);
        }
    }

    private Job insertRerun(Handle transaction, Rerun wanted) {
        Job old = transaction
                .attach(JobDao.class)
                .findAndShare(wanted.tenant().value(), wanted.original().value())
                .orElseThrow(RefusedException::notFound);
        boolean rerunnable = old.status() == JobStatus.CANCELLED
                ? wanted.allowCancelled()
                : old.status().isFinal();
        if (!rerunnable) {
            throw RefusedException.status(
                    Reason.JOB_NOT_RERUNNABLE,
                    old.id(),
                    old.status(),
                    old.status() == JobStatus.CANCELLED
                            ? "say allowCancelled to run it all the same"
                            : "only a completed or failed job can be run again");
        }
        Job created = insert(transaction, List.of(Accepted.rerun(old, wanted))).get(0);
        Selections.copy(transaction, old, wanted, created);
        return created;
    }

    private Job cancel(Handle transaction, JobRef ref, @Nullable String reason) {
        String tenant = ref.tenant().value();
        JobId id = ref.id();
        JobDao jobs = transaction.attach(JobDao.class);
        // Locked, so that what is decided here still holds when it is written.
        Job job = jobs.findAndLock(tenant, id.value()).orElseThrow(RefusedException::notFound);
        return switch (job.status()) {
            case PENDING -> {
                Job cancelled = jobs.cancelPending(tenant, id.value(), reason).orElseThrow();
                removeTrigger(transaction, cancelled);
                yield cancelled;
            }
            case RUNNING -> jobs.requestCancel(tenant, id.value(), reason).orElse(job);
            case CANCELLED -> job;
            case COMPLETED, FAILED ->
                throw RefusedException.status(
                        Reason.JOB_NOT_CANCELLABLE, id, job.status(), "it ended before it could be cancelled");
        };
    }

    private void removeTrigger(Handle transaction, Job job) {
        try {
            triggers.remove(transaction.getConnection(), job.tenant(), job.type(), job.id());
        } catch (SQLException e) {
            throw new TransactionException("job " + job.id() + " kept its trigger and was not cancelled", e);
        }
    }
}
