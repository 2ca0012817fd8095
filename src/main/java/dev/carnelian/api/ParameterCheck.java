package dev.carnelian.api;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;

/** Refuses texts in paths and queries that the database could not compare with anything. */
final class ParameterCheck implements ContainerRequestFilter {
    @Override
    public void filter(ContainerRequestContext request) {
        UriInfo uri = request.getUriInfo();
        check(uri.getQueryParameters());
        check(uri.getPathParameters());
    }

    private static void check(MultivaluedMap<String, String> parameters) {
        parameters.forEach((name, values) -> {
            refuseFlaw(name, name);
            values.forEach(value -> refuseFlaw(name, value));
        });
    }

    private static void refuseFlaw(String name, String text) {
        StrictJson.flawOf(text).ifPresent(flaw -> {
            throw new ApiException(ErrorCode.INVALID_PARAMETER, "a parameter " + flaw)
                    .withDetails(List.of(new FieldError(name, flaw)));
        });
    }
}
