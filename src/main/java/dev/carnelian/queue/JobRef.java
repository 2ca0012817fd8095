package dev.carnelian.queue;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;

/** A job as its owner names it. To anybody else it does not exist. */
public record JobRef(TenantId tenant, JobId id) {}
