package dev.carnelian.api;

import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.queue.Answer;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.queue.NewJob;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes many jobs at once. */
@Path("/jobs/bulk")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public final class JobsBulkResource {
    private final JobQueue queue;
    private final JobRequests requests;
    private final JobAnswers answers;

    JobsBulkResource(JobQueue queue, JobRequests requests, JobAnswers answers) {
        this.queue = queue;
        this.requests = requests;
        this.answers = answers;
    }

    /** The answer when all were stored: for the description of the route, whose answer is ready-made text. */
    @Schema(name = "JobBriefsEnvelope")
    record All(List<JobBrief> data, @Nullable ErrorBody error) {}

    /** The answer when each is answered for itself: likewise. */
    @Schema(name = "BulkAnswersEnvelope")
    record Each(List<BulkAnswer<JobBrief>> data, @Nullable ErrorBody error) {}

    @POST
    @Bulk
    @RequiresScope(Scope.JOBS_WRITE)
    @Operation(summary = "Create up to 1,000 jobs, all or none unless atomic is false")
    @ApiResponse(
            responseCode = "201",
            description = "atomic: the jobs, in the order of the request",
            content = @Content(schema = @Schema(implementation = All.class)))
    @ApiResponse(
            responseCode = "200",
            description = "not atomic: for each job of the request the job or an error",
            content = @Content(schema = @Schema(implementation = Each.class)))
    @Parameter(
            in = ParameterIn.QUERY,
            name = "validateOnly",
            description = "check the jobs, create nothing",
            schema = @Schema(type = "boolean"))
    public Response create(
            @Auth Caller caller,
            @HeaderParam("Idempotency-Key") @Nullable String key,
            @Context UriInfo uri,
            @Nullable CreateJobs body) {
        List<BulkItem> items = requests.create(caller, body);
        boolean atomic = body == null || body.isAtomic();
        if (atomic) {
            BulkItem.refusal(items).ifPresent(refusal -> {
                throw refusal;
            });
        }
        List<NewJob> wanted = BulkItem.jobsOf(items);
        if (new Query(uri).flag("validateOnly")) {
            List<CheckedJob> checked = wanted.stream().map(CheckedJob::of).toList();
            return Response.ok(Envelope.of(atomic ? checked : BulkItem.answers(items, checked)))
                    .build();
        }
        Answer answer = queue.enqueue(
                caller.tenant(),
                wanted,
                requests.key(key, "/jobs/bulk", body),
                jobs -> atomic
                        ? answers.all(201, briefs(jobs))
                        : answers.all(200, BulkItem.answers(items, briefs(jobs))));
        return answers.of(answer);
    }

    private static List<JobBrief> briefs(List<Job> jobs) {
        return jobs.stream().map(JobBrief::of).toList();
    }
}
