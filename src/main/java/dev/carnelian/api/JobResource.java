package dev.carnelian.api;

import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.job.JobId;
import dev.carnelian.queue.Answer;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.queue.JobRef;
import dev.carnelian.queue.Jobs;
import dev.carnelian.queue.Rerun;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What can be done to one job. */
@Path("/jobs/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RequiresScope(Scope.JOBS_WRITE)
public final class JobResource {
    private final JobQueue queue;
    private final Jobs jobs;
    private final JobRequests requests;
    private final JobAnswers answers;

    JobResource(JobQueue queue, Jobs jobs, JobRequests requests, JobAnswers answers) {
        this.queue = queue;
        this.jobs = jobs;
        this.requests = requests;
        this.answers = answers;
    }

    /** What is left to say of a job that is gone. */
    record Deleted(String id, boolean deleted) {}

    @POST
    @Path("/rerun")
    @Operation(summary = "Run a completed or failed job again, as a new job")
    @ApiResponse(
            responseCode = "201",
            description = "the new job",
            content = @Content(schema = @Schema(implementation = JobView.One.class)))
    public Response rerun(
            @Auth Caller caller,
            @PathParam("id") String id,
            @HeaderParam("Idempotency-Key") @Nullable String key,
            @Nullable RerunBody body) {
        JobId original = JobRequests.idOf(id);
        Job old = jobs.find(caller.tenant(), original).orElseThrow(JobRequests::noSuchJob);
        Rerun rerun = requests.rerun(caller, old, Objects.requireNonNullElse(body, RerunBody.NOTHING));
        Answer answer = queue.rerun(rerun, requests.key(key, "/jobs/" + original + "/rerun", body), answers::created);
        return answers.of(answer);
    }

    @POST
    @Path("/cancel")
    @Operation(summary = "Cancel a pending job at once, or ask a running one to stop")
    @ApiResponse(
            responseCode = "200",
            description = "the job, cancelled",
            content = @Content(schema = @Schema(implementation = JobView.One.class)))
    @ApiResponse(
            responseCode = "202",
            description = "the job, which will be cancelled soon",
            content = @Content(schema = @Schema(implementation = JobView.One.class)))
    public Response cancel(
            @Auth Caller caller,
            @PathParam("id") String id,
            @HeaderParam("Idempotency-Key") @Nullable String key,
            @Nullable CancelBody body) {
        JobRef job = new JobRef(caller.tenant(), JobRequests.idOf(id));
        Answer answer = queue.cancel(
                job,
                requests.cancelReason(body),
                requests.key(key, "/jobs/" + job.id() + "/cancel", body),
                answers::cancelled);
        return answers.of(answer);
    }

    @DELETE
    @Operation(summary = "Delete a job that has ended")
    public Envelope<Deleted> delete(@Auth Caller caller, @PathParam("id") String id) {
        JobId job = JobRequests.idOf(id);
        queue.delete(caller.tenant(), job);
        return Envelope.of(new Deleted(job.toString(), true));
    }
}
