package dev.carnelian.api;

import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.JobRef;
import dev.carnelian.queue.Jobs;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the attempts of a job recorded. */
@Path("/jobs/{id}")
@Produces(MediaType.APPLICATION_JSON)
@RequiresScope(Scope.JOBS_READ)
public final class JobRecordsResource {
    private static final int USUAL_PAGE = 100;
    private static final int LARGEST_PAGE = 1_000;
    private static final int LARGEST_ATTEMPT = 1_000_000;

    private final Jobs jobs;

    JobRecordsResource(Jobs jobs) {
        this.jobs = jobs;
    }

    @GET
    @Path("/attempts")
    @Operation(summary = "List the attempts of a job, oldest first")
    public Envelope<List<AttemptView>> attempts(@Auth Caller caller, @PathParam("id") String id) {
        return Envelope.of(jobs.attempts(ref(caller, id)).orElseThrow(JobRequests::noSuchJob).stream()
                .map(AttemptView::of)
                .toList());
    }

    @GET
    @Path("/items")
    @Operation(summary = "List the documents, pages or rows of a job with what became of them")
    @Parameter(in = ParameterIn.QUERY, name = "status", description = "succeeded or failed")
    @Parameter(
            in = ParameterIn.QUERY,
            name = "limit",
            schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
    @Parameter(in = ParameterIn.QUERY, name = "cursor", description = "nextCursor of the page before")
    public Envelope<List<ItemView>> items(@Auth Caller caller, @PathParam("id") String id, @Context UriInfo uri) {
        Query query = new Query(uri);
        JobRef job = ref(caller, id);
        int limit = query.integer("limit", USUAL_PAGE, 1, LARGEST_PAGE);
        Boolean failed = failed(query);
        String list = "items " + job.id() + " " + failed;
        long after = query.text("cursor")
                .map(cursor -> number(Cursor.placeIn(cursor, list)))
                .orElse(-1L);
        List<Job.Item> found = jobs.items(job, failed, after, limit + 1).orElseThrow(JobRequests::noSuchJob);
        return Paging.page(found, limit, ItemView::of, item -> Cursor.of(list, Integer.toString(item.position())));
    }

    @GET
    @Path("/logs")
    @Operation(summary = "List the log lines of a job, oldest first")
    @Parameter(
            in = ParameterIn.QUERY,
            name = "attempt",
            description = "only the lines of this attempt",
            schema = @Schema(type = "integer", minimum = "1", maximum = "1000000"))
    @Parameter(
            in = ParameterIn.QUERY,
            name = "limit",
            schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
    @Parameter(in = ParameterIn.QUERY, name = "cursor", description = "nextCursor of the page before")
    public Envelope<List<Job.LogLine>> logs(@Auth Caller caller, @PathParam("id") String id, @Context UriInfo uri) {
        Query query = new Query(uri);
        JobRef job = ref(caller, id);
        int limit = query.integer("limit", USUAL_PAGE, 1, LARGEST_PAGE);
        Integer attempt = query.has("attempt") ? query.integer("attempt", 1, 1, LARGEST_ATTEMPT) : null;
        String list = "logs " + job.id() + " " + attempt;
        long after = query.text("cursor")
                .map(cursor -> number(Cursor.placeIn(cursor, list)))
                .orElse(0L);
        List<Job.LogLine> found = jobs.logs(job, attempt, after, limit + 1).orElseThrow(JobRequests::noSuchJob);
        return Paging.page(found, limit, line -> line, line -> Cursor.of(list, Long.toString(line.id())));
    }

    private static JobRef ref(Caller caller, String id) {
        return new JobRef(caller.tenant(), JobRequests.idOf(id));
    }

    private static @Nullable Boolean failed(Query query) {
        return query.text("status")
                .map(status -> switch (status) {
                    case "failed" -> true;
                    case "succeeded" -> false;
                    default -> throw Query.invalid("status", "must be succeeded or failed");
                })
                .orElse(null);
    }

    private static long number(String place) {
        try {
            return Long.parseLong(place);
        } catch (NumberFormatException e) {
            throw Cursor.invalid();
        }
    }
}
