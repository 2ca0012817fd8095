package dev.carnelian.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.cluster.NodeList;
import dev.carnelian.job.InputCheck;
import dev.carnelian.job.JobTypes;
import dev.carnelian.queue.Durations;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.queue.Jobs;
import dev.carnelian.queue.Submissions;
import jakarta.validation.Validator;
import java.util.List;

/** Everything under {@code /jobs}, {@code /job-types} and {@code /nodes}. */
public final class JobRoutes {
    private JobRoutes() {}

    /** What the routes need of the queue and the cluster. */
    public record Sources(
            JobQueue queue,
            Submissions submissions,
            Jobs jobs,
            Durations durations,
            JobTypes types,
            InputCheck inputs,
            NodeList nodes) {}

    /**
     * The objects to be registered with Jersey.
     *
     * @param json the application's mapper, set up as the API wants it
     * @param sources its submissions are started and stopped by the caller
     * @param longPolls started and stopped by the caller
     */
    public static List<Object> of(ObjectMapper json, Validator validator, Sources sources, LongPolls longPolls) {
        JobRequests requests =
                new JobRequests(json, new Validation(json, validator), sources.types(), sources.inputs());
        JobAnswers answers = new JobAnswers(json, sources.durations());
        return List.of(
                new JobsResource(sources, requests, answers),
                new JobsBulkResource(sources.queue(), requests, answers),
                new JobResource(sources.queue(), sources.jobs(), requests, answers),
                new JobStatusResource(sources.jobs(), answers, longPolls),
                new JobRecordsResource(sources.jobs()),
                new JobTypesResource(sources.types(), sources.durations()),
                new NodesResource(sources.nodes()),
                new RefusedMapper(),
                new KnownParameters());
    }
}
