package dev.carnelian.api;

import dev.carnelian.httpcall.RunReports;
import dev.carnelian.job.JobStatus;
import dev.carnelian.queue.Jobs;
import dev.carnelian.queue.Runs.RunOf;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the endpoint of an {@code http} job reports about its run, at whatever node. */
@Path("/runs")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public final class RunsResource {
    static final String RUN_ID = "runId";

    private final RunReports reports;
    private final Jobs jobs;
    private final Validation validation;

    private RunsResource(RunReports reports, Jobs jobs, Validation validation) {
        this.reports = reports;
        this.jobs = jobs;
        this.validation = validation;
    }

    /** The route, and the check of its token. */
    public static List<Object> with(RunReports reports, Jobs jobs, Validation validation) {
        return List.of(new RunsResource(reports, jobs, validation), new RunTokenCheck(reports));
    }

    /**
     * What a worker is told.
     *
     * @param cancelRequested whether it should stop, as nobody wants its result any more
     */
    record RunView(String id, String jobId, JobStatus status, boolean cancelRequested) {}

    @PATCH
    @Path("/{" + RUN_ID + "}")
    @ByRunToken
    @Operation(
            summary = "Report about a run of an http job",
            description =
                    "With the token that came with the run, not with an API key. A run that is over takes no more "
                            + "reports: 409 lease_lost; a cancelled one is answered with cancelRequested.")
    @Parameter(in = ParameterIn.PATH, name = RUN_ID, required = true)
    public Envelope<RunView> report(@Context ContainerRequestContext request, @Nullable RunReportBody body) {
        if (body == null) {
            throw new ApiException(ErrorCode.MALFORMED_JSON, "a JSON body is required");
        }
        validation.check(body, body.contradictions());
        RunReports.Run run = RunTokenCheck.runOf(request);
        Jobs.RunStanding standing =
                jobs.standing(new RunOf(run.job(), run.runId())).orElseThrow(RunsResource::over);
        if (standing.status() == JobStatus.RUNNING) {
            take(run, body);
        } else if (standing.status() != JobStatus.CANCELLED && !reports.hasEndedWith(run, body.toReport())) {
            throw over();
        }
        return Envelope.of(
                new RunView(run.id().toString(), run.job().toString(), standing.status(), standing.cancelRequested()));
    }

    private void take(RunReports.Run run, RunReportBody body) {
        switch (reports.add(run, body.toReport())) {
            case YES -> {}
            case ENDED -> throw over();
            case TOO_MANY ->
                throw new ApiException(ErrorCode.RATE_LIMITED, "a run may report five times in a second")
                        .withRetryAfter(Duration.ofSeconds(1));
        }
    }

    private static ApiException over() {
        return new ApiException(ErrorCode.LEASE_LOST, "the run is over, or another attempt has replaced it");
    }
}
