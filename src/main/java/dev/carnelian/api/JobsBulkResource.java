package dev.carnelian.api;

import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.queue.Answer;
import dev.carnelian.queue.IdempotencyKey;
import dev.carnelian.queue.JobQueue;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes many jobs at once. Reads its body itself, when there is room for it. */
@Path("/jobs/bulk")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public final class JobsBulkResource {
    private final JobQueue queue;
    private final JobRequests requests;
    private final JobAnswers answers;
    private final BodyRoom room = new BodyRoom(Runtime.getRuntime().maxMemory());

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
            @Context HttpHeaders headers,
            @Context UriInfo uri,
            @RequestBody(required = true, content = @Content(schema = @Schema(implementation = CreateJobs.class)))
                    InputStream body) {
        boolean validateOnly = new Query(uri).flag("validateOnly");
        return room.with(headers.getLength(), () -> {
            CreateJobs wanted = requests.read(body, CreateJobs.class);
            return validateOnly
                    ? checked(caller, wanted)
                    : stored(caller, wanted, requests.key(key, "/jobs/bulk", wanted));
        });
    }

    private Response checked(Caller caller, CreateJobs body) {
        List<BulkItem> items = items(caller, body);
        List<CheckedJob> checked =
                BulkItem.jobsOf(items).stream().map(CheckedJob::of).toList();
        return Response.ok(Envelope.of(body.isAtomic() ? checked : BulkItem.answers(items, checked)))
                .build();
    }

    private Response stored(Caller caller, CreateJobs body, Optional<IdempotencyKey> key) {
        List<BulkItem> items = items(caller, body);
        Answer answer = queue.enqueue(caller.tenant(), BulkItem.jobsOf(items), key, jobs -> {
            List<JobBrief> briefs = jobs.stream().map(JobBrief::of).toList();
            return body.isAtomic() ? answers.all(201, briefs) : answers.all(200, BulkItem.answers(items, briefs));
        });
        return answers.of(answer);
    }

    private List<BulkItem> items(Caller caller, CreateJobs body) {
        List<BulkItem> items = requests.create(caller, body);
        Optional<ApiException> refusal = body.isAtomic() ? BulkItem.refusal(items) : Optional.empty();
        if (refusal.isPresent()) {
            throw refusal.get();
        }
        return items;
    }
}
