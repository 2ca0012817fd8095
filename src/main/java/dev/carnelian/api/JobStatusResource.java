package dev.carnelian.api;

import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.job.JobId;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.JobRef;
import dev.carnelian.queue.Jobs;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One job as it stands, at once or when it has ended. */
@Path("/jobs/{id}")
@Produces(MediaType.APPLICATION_JSON)
@RequiresScope(Scope.JOBS_READ)
public final class JobStatusResource {
    private static final int LONGEST_WAIT = 60;
    private static final int ITEMS_SHOWN = 1_000;
    private static final Pattern PREFERRED_WAIT =
            Pattern.compile("(?:^|[,;])\\s*wait\\s*=\\s*(\\d{1,9})(?=\\s*(?:[,;]|$))");
    private static final Set<String> EXPANSIONS = Set.of("attempts", "items");

    private final Jobs jobs;
    private final JobAnswers answers;
    private final LongPolls longPolls;

    JobStatusResource(Jobs jobs, JobAnswers answers, LongPolls longPolls) {
        this.jobs = jobs;
        this.answers = answers;
        this.longPolls = longPolls;
    }

    /** What a client wants to see, read before it waits. */
    private record Wanted(
            Caller caller,
            JobId id,
            List<String> expand,
            @Nullable String ifNoneMatch) {}

    @GET
    @Operation(summary = "Get a job")
    @ApiResponse(
            responseCode = "200",
            description = "the job",
            content = @Content(schema = @Schema(implementation = JobView.One.class)))
    @ApiResponse(responseCode = "304", description = "the client has what there is")
    @Parameter(
            in = ParameterIn.QUERY,
            name = "wait",
            description = "seconds to wait for the end of the job before it is shown as it is",
            schema = @Schema(type = "integer", minimum = "0", maximum = "60"))
    @Parameter(in = ParameterIn.QUERY, name = "expand", description = "attempts, items, or both separated by a comma")
    public void get(
            @Auth Caller caller,
            @PathParam("id") String id,
            @HeaderParam("Prefer") @Nullable String prefer,
            @HeaderParam("If-None-Match") @Nullable String ifNoneMatch,
            @Context UriInfo uri,
            @Suspended AsyncResponse response) {
        Query query = new Query(uri);
        Wanted wanted = new Wanted(caller, JobRequests.idOf(id), expand(query), ifNoneMatch);
        int preferred = query.has("wait") ? 0 : preferredWait(prefer);
        int wait = query.integer("wait", preferred, 0, LONGEST_WAIT);
        Job job = jobs.find(caller.tenant(), wanted.id()).orElseThrow(JobRequests::noSuchJob);
        boolean waits = wait > 0
                && !job.status().isFinal()
                && longPolls.await(wanted.id(), Duration.ofSeconds(wait), later(wanted, preferred, response));
        if (!waits) {
            response.resume(answer(wanted, job, job.status().isFinal() ? preferred : 0));
        }
    }

    /** The answer given by another thread. */
    private Runnable later(Wanted wanted, int preferred, AsyncResponse response) {
        return RequestIds.keeping(() -> {
            try {
                Job job = jobs.find(wanted.caller().tenant(), wanted.id()).orElseThrow(JobRequests::noSuchJob);
                response.resume(answer(wanted, job, preferred));
            } catch (RuntimeException e) {
                response.resume(e);
            }
        });
    }

    private Response answer(Wanted wanted, Job job, int preferred) {
        JobRef ref = new JobRef(job.tenant(), job.id());
        JobView.Extras extras = new JobView.Extras(
                wanted.caller().may(Scope.JOBS_PAYLOAD),
                wanted.expand().contains("attempts")
                        ? jobs.attempts(ref).orElse(List.of()).stream()
                                .map(AttemptView::of)
                                .toList()
                        : null,
                wanted.expand().contains("items")
                        ? jobs.items(ref, null, -1, ITEMS_SHOWN).orElse(List.of()).stream()
                                .map(ItemView::of)
                                .toList()
                        : null);
        Response response = answers.of(job, extras, wanted.ifNoneMatch());
        return preferred == 0
                ? response
                : Response.fromResponse(response)
                        .header("Preference-Applied", "wait=" + preferred)
                        .build();
    }

    private static List<String> expand(Query query) {
        List<String> names =
                query.text("expand").map(value -> List.of(value.split(",", -1))).orElse(List.of());
        if (!EXPANSIONS.containsAll(names)) {
            throw Query.invalid("expand", "must be attempts, items, or both separated by a comma");
        }
        return names;
    }

    /** A preference is a wish: what cannot be read is as if it were not there, and what is too long is cut. */
    private static int preferredWait(@Nullable String prefer) {
        Matcher found = PREFERRED_WAIT.matcher(prefer == null ? "" : prefer);
        return found.find() ? Math.min(LONGEST_WAIT, Integer.parseInt(found.group(1))) : 0;
    }
}
