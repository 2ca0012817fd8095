package dev.carnelian.queue;

import dev.carnelian.job.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job to be accepted.
 *
 * @param input JSON text, already bound to the type's input
 * @param scheduledAt when it may start; null means at once
 * @param delay counted from the database's now; null unless the caller asked for a delay instead of a time
 * @param createdBy the API key that asks, null when none does
 */
public record NewJob(
        TenantId tenant,
        String type,
        String input,
        JobSettings settings,
        @Nullable Instant scheduledAt,
        @Nullable Duration delay,
        @Nullable UUID createdBy) {}
