package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The wish to run a finished job again, as a new job with the old one's input and settings.
 *
 * @param input JSON text in place of the old input, already bound to the type's input; null keeps the old one
 * @param priority null keeps the old one
 * @param scheduledAt when the new job may start; null means at once
 * @param allowCancelled whether a cancelled job may be run again too
 * @param failedItemsOnly whether only the items are done again that failed; a job that was such a rerun itself is
 *     otherwise repeated with the items it had
 * @param createdBy the API key that asks, null when none does
 */
public record Rerun(
        TenantId tenant,
        JobId original,
        @Nullable String input,
        @Nullable Integer priority,
        @Nullable Instant scheduledAt,
        boolean allowCancelled,
        boolean failedItemsOnly,
        @Nullable UUID createdBy) {
    /** A rerun of the job as it was. */
    public static Rerun of(TenantId tenant, JobId original) {
        return new Rerun(tenant, original, null, null, null, false, false, null);
    }
}
