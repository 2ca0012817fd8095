package dev.carnelian.api;

import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.queue.IdempotencyKey;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.JobFilter;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.queue.Jobs;
import dev.carnelian.queue.Jobs.Position;
import dev.carnelian.queue.NewJob;
import dev.carnelian.queue.Submissions;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** All jobs of a tenant: making new ones, and listing them. */
@Path("/jobs")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public final class JobsResource {
    private static final int MOST_LISTED = 100;

    private final JobQueue queue;
    private final Submissions submissions;
    private final Jobs jobs;
    private final JobRequests requests;
    private final JobAnswers answers;

    JobsResource(JobRoutes.Sources sources, JobRequests requests, JobAnswers answers) {
        this.queue = sources.queue();
        this.submissions = sources.submissions();
        this.jobs = sources.jobs();
        this.requests = requests;
        this.answers = answers;
    }

    @POST
    @RequiresScope(Scope.JOBS_WRITE)
    @Operation(summary = "Create a job")
    @ApiResponse(
            responseCode = "201",
            description = "the job",
            content = @Content(schema = @Schema(implementation = JobView.One.class)))
    @Parameter(
            in = ParameterIn.QUERY,
            name = "validateOnly",
            description = "check the job, create nothing",
            schema = @Schema(type = "boolean"))
    public void create(
            @Auth Caller caller,
            @HeaderParam("Idempotency-Key") @Nullable String key,
            @Context UriInfo uri,
            @Suspended AsyncResponse response,
            @Nullable CreateJob body) {
        NewJob job = requests.create(caller, body);
        if (new Query(uri).flag("validateOnly")) {
            response.resume(Response.ok(Envelope.of(CheckedJob.of(job))).build());
            return;
        }
        Optional<IdempotencyKey> once = requests.key(key, "/jobs", body);
        if (once.isPresent()) {
            // A key is looked up and kept in the job's own transaction, so such a job is not committed with others.
            response.resume(answers.of(queue.enqueue(job, once, answers::created)));
            return;
        }
        CompletableFuture<Job> stored = submissions.submit(job);
        Runnable answer = RequestIds.keeping(() -> answer(response, stored));
        var unused = stored.whenComplete((done, failure) -> answer.run());
    }

    private void answer(AsyncResponse response, CompletableFuture<Job> ended) {
        try {
            response.resume(answers.of(answers.created(ended.join())));
        } catch (CompletionException e) {
            response.resume(Objects.<Throwable>requireNonNullElse(e.getCause(), e));
        } catch (RuntimeException e) {
            response.resume(e);
        }
    }

    @GET
    @RequiresScope(Scope.JOBS_READ)
    @Operation(summary = "List jobs, newest first")
    @Parameter(
            in = ParameterIn.QUERY,
            name = "ids",
            description = "up to 100 ids, separated by commas; no other filter")
    @Parameter(in = ParameterIn.QUERY, name = "status", schema = @Schema(implementation = JobStatus.class))
    @Parameter(in = ParameterIn.QUERY, name = "type")
    @Parameter(in = ParameterIn.QUERY, name = "queue")
    @Parameter(
            in = ParameterIn.QUERY,
            name = "label.*",
            description = "label.team=blue; may be given for several labels")
    @Parameter(in = ParameterIn.QUERY, name = "createdAfter", schema = @Schema(type = "string", format = "date-time"))
    @Parameter(in = ParameterIn.QUERY, name = "createdBefore", schema = @Schema(type = "string", format = "date-time"))
    @Parameter(in = ParameterIn.QUERY, name = "rootJobId", description = "the first job of a chain of reruns")
    @Parameter(in = ParameterIn.QUERY, name = "node", description = "jobs that this node is running")
    @Parameter(
            in = ParameterIn.QUERY,
            name = "limit",
            schema = @Schema(type = "integer", minimum = "1", maximum = "100", defaultValue = "20"))
    @Parameter(in = ParameterIn.QUERY, name = "cursor", description = "nextCursor of the page before")
    public Envelope<List<JobView>> list(@Auth Caller caller, @Context UriInfo uri) {
        Query query = new Query(uri);
        int limit = query.integer("limit", 20, 1, MOST_LISTED);
        Optional<String> ids = query.text("ids");
        if (ids.isPresent()) {
            return Envelope.page(named(caller, ids.get(), uri), new Page(MOST_LISTED, false, null));
        }
        JobFilter filter = filter(query);
        String list = "jobs " + filter + new TreeMap<>(filter.labels());
        Position after = query.text("cursor")
                .map(cursor -> position(Cursor.placeIn(cursor, list)))
                .orElse(null);
        List<Job> found = jobs.list(caller.tenant(), filter, after, limit + 1);
        return Paging.page(found, limit, JobView::listed, job -> Cursor.of(list, placeOf(job)));
    }

    private List<JobView> named(Caller caller, String ids, UriInfo uri) {
        List<String> wanted = Arrays.asList(ids.split(",", -1));
        if (wanted.size() > MOST_LISTED) {
            throw Query.invalid("ids", "may name at most " + MOST_LISTED + " jobs");
        }
        if (uri.getQueryParameters().size() > 1) {
            throw Query.invalid("ids", "cannot be combined with other parameters");
        }
        List<JobId> known =
                wanted.stream().map(JobId::parse).flatMap(Optional::stream).toList();
        return jobs.findAll(caller.tenant(), known).stream()
                .map(JobView::listed)
                .toList();
    }

    private static JobFilter filter(Query query) {
        return new JobFilter(
                query.text("status")
                        .map(name -> JobStatus.ofWireName(name)
                                .orElseThrow(() -> Query.invalid(
                                        "status", "must be pending, running, completed, failed or cancelled")))
                        .orElse(null),
                query.text("type").orElse(null),
                query.text("queue").orElse(null),
                query.startingWith("label."),
                query.time("createdAfter"),
                query.time("createdBefore"),
                query.jobId("rootJobId"),
                query.text("node").orElse(null));
    }

    private static String placeOf(Job job) {
        return job.times().created() + "." + job.id();
    }

    /** The time and the id that {@link #placeOf} put together. */
    private static Position position(String place) {
        int dot = place.lastIndexOf('.');
        Instant created = Rfc3339.parse(place.substring(0, Math.max(0, dot))).orElseThrow(Cursor::invalid);
        return new Position(created, JobId.parse(place.substring(dot + 1)).orElseThrow(Cursor::invalid));
    }
}
