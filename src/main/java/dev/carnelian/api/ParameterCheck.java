package dev.carnelian.api;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.regex.Pattern;

/** Refuses what only a broken client puts into a path or a query, and texts that the database could not compare. */
final class ParameterCheck implements ContainerRequestFilter {
    private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9a-fA-F]{2})");

    @Context
    @SuppressWarnings("NullAway.Init") // by Jersey
    private HttpServletRequest servletRequest;

    @Override
    public void filter(ContainerRequestContext request) {
        UriInfo uri = request.getUriInfo();
        if (uri.getRequestUri().getRawPath().indexOf(';') >= 0) {
            throw new ApiException(ErrorCode.INVALID_PARAMETER, "a path has no parameters behind a semicolon here");
        }
        if (uri.getRequestUri().getRawQuery() == null) {
            check(uri.getPathParameters());
            return;
        }
        // The URI has it as Jersey mended it.
        String query = servletRequest.getQueryString();
        if (query != null && BROKEN_ESCAPE.matcher(query).find()) {
            throw new ApiException(ErrorCode.INVALID_PARAMETER, "a % in the query is not followed by two digits");
        }
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
