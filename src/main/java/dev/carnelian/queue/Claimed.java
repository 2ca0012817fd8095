package dev.carnelian.queue;

import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One attempt that this node has to run.
 *
 * @param runId the fence: every write of the attempt names it
 * @param attempt its number, 1 for the first
 * @param failuresLeft how many more attempts may follow if this one fails
 * @param input JSON text, null when it is too long to come with the claim: see {@link Runs#input}
 */
public record Claimed(
        JobId job,
        String runId,
        TenantId tenant,
        String type,
        int attempt,
        int failuresLeft,
        Backoff backoff,
        Duration timeout,
        @Nullable String input) {}
