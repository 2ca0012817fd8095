package dev.carnelian.job;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Where a job is in its life. The last three are final: once written they never change. */
public enum JobStatus {
    /** Accepted and waiting: for a worker, for its time, or for its next attempt. Left by a claim or a cancel. */
    PENDING,
    /** An attempt is under way on one node. Left by its outcome, by the loss of its node, or by a cancel. */
    RUNNING,
    /** The handler returned a result. */
    COMPLETED,
    /** The last attempt failed. */
    FAILED,
    /** Somebody cancelled it before it finished. */
    CANCELLED;

    /** Whether a job in this status will never change again. */
    public boolean isFinal() {
        return this == COMPLETED || this == FAILED || this == CANCELLED;
    }

    /** The name on the wire and in SQL, as in {@code completed}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The status of that wire name, or empty for any other text. */
    public static Optional<JobStatus> ofWireName(String name) {
        return Arrays.stream(values())
                .filter(status -> status.wireName().equals(name))
                .findFirst();
    }
}
