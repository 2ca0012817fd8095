package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;

/** The queue will not do what was asked of it, and has changed nothing. */
public final class RefusedException extends RuntimeException {
    private final Reason reason;

    /** Why. */
    public enum Reason {
        /** The tenant has no such job. */
        JOB_NOT_FOUND,
        /** Only a completed or failed job is run again, a cancelled one when the caller insists; or no item failed. */
        JOB_NOT_RERUNNABLE,
        /** The job has already ended otherwise. */
        JOB_NOT_CANCELLABLE,
        /** The job has not ended, so it cannot be deleted. */
        JOB_ACTIVE,
        /** The idempotency key was used for another request. */
        IDEMPOTENCY_KEY_REUSED,
        /** The first request with this idempotency key has not been answered yet. */
        IDEMPOTENCY_IN_PROGRESS,
        /** More is being submitted than can be stored. */
        BUSY
    }

    RefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    static RefusedException notFound() {
        return new RefusedException(Reason.JOB_NOT_FOUND, "there is no such job");
    }

    static RefusedException status(Reason reason, JobId id, JobStatus status, String cure) {
        return new RefusedException(reason, "job " + id + " is " + status.wireName() + "; " + cure);
    }

    public Reason reason() {
        return reason;
    }
}
