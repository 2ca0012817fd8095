package dev.carnelian.jobstore;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.quartz.JobKey;
import org.quartz.TriggerKey;

/**
 * A trigger that fires once: the unit of the fast path.
 *
 * @param trigger its key; the group is its lane, so that one busy group cannot starve the others
 * @param job a durable job that allows concurrent execution and is already stored
 * @param fireAt when it is due; null means the delay after the time of the transaction that stores it
 * @param delay zero means at once
 * @param priority higher goes first among those that are due in the same lane
 * @param data the trigger's job data: strings only
 */
public record OneShot(
        TriggerKey trigger,
        JobKey job,
        @Nullable Instant fireAt,
        Duration delay,
        int priority,
        Map<String, String> data) {
    public OneShot {
        data = Map.copyOf(data);
    }

    public OneShot(TriggerKey trigger, JobKey job, @Nullable Instant fireAt, int priority, Map<String, String> data) {
        this(trigger, job, fireAt, Duration.ZERO, priority, data);
    }
}
