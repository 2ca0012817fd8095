package dev.carnelian.api;

import dev.carnelian.httpcall.RunReports;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import java.util.Optional;
import java.util.UUID;

/** Lets a report pass whose {@code Authorization} header bears the token of its run, before its body is read. */
@Priority(Priorities.AUTHENTICATION)
public final class RunTokenCheck implements ContainerRequestFilter {
    private static final String RUN = RunTokenCheck.class.getName();

    private final RunReports reports;

    RunTokenCheck(RunReports reports) {
        this.reports = reports;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        if (!RouteRules.methodOf(request).isAnnotationPresent(ByRunToken.class)) {
            return;
        }
        String token = KeyCheck.bearerOf(request)
                .orElseThrow(() -> new ApiException(
                        ErrorCode.UNAUTHENTICATED,
                        "an Authorization header with Bearer and the run's token is required"));
        String id = request.getUriInfo().getPathParameters().getFirst(RunsResource.RUN_ID);
        RunReports.Run run = uuid(String.valueOf(id))
                .flatMap(known -> reports.find(known, token))
                .orElseThrow(() -> new ApiException(ErrorCode.RUN_NOT_FOUND, "there is no such run with this token"));
        request.setProperty(RUN, run);
    }

    /** The run that the request's token belongs to. */
    static RunReports.Run runOf(ContainerRequestContext request) {
        if (request.getProperty(RUN) instanceof RunReports.Run run) {
            return run;
        }
        throw new IllegalStateException("the route is not marked with @ByRunToken");
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return text.length() == 36 ? Optional.of(UUID.fromString(text)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
