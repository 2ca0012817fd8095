package dev.carnelian.jobstore;

import java.util.Map;
import org.quartz.JobKey;
import org.quartz.TriggerKey;

/**
 * One firing of a trigger on one node.
 *
 * @param entryId Quartz's fire instance id, new for every firing, never used again
 * @param trigger the key the trigger was stored under, also when the run is a recovery
 * @param job the job it fires
 * @param instance the Quartz instance id of the node that claimed it
 * @param data the trigger's job data
 */
public record Run(String entryId, TriggerKey trigger, JobKey job, String instance, Map<String, String> data) {
    public Run {
        data = Map.copyOf(data);
    }
}
