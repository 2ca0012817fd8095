package dev.carnelian.cluster;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import java.util.Map;
import org.quartz.JobKey;
import org.quartz.TriggerKey;

/** What jobs are called in Quartz's tables, and on the channels between the nodes. */
final class Names {
    static final String SCHEDULER = "carnelian";
    static final String CHANNEL_DUE = "carnelian_due";
    static final String CHANNEL_CANCEL = "carnelian_cancel";

    private static final String JOB_GROUP = "jobs";
    private static final String JOB_ID = "jobId";

    private Names() {}

    /** One durable job for each type. */
    static JobKey job(String type) {
        return new JobKey(type, JOB_GROUP);
    }

    /** One trigger for each job, in the lane of its tenant and type. */
    static TriggerKey trigger(TenantId tenant, String type, JobId job) {
        return new TriggerKey(job.toString(), tenant + "/" + type);
    }

    static Map<String, String> data(JobId job) {
        return Map.of(JOB_ID, job.toString());
    }

    /** The job a trigger was made for. Its key does not tell: Quartz may fire it under another. */
    static JobId jobOf(Map<String, String> data) {
        String text = data.getOrDefault(JOB_ID, "");
        return JobId.parse(text)
                .orElseThrow(() -> new IllegalStateException("a trigger without a job id in its data: " + data));
    }
}
