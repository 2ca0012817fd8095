package dev.carnelian.api;

import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Refuses a query parameter that its route does not document: a filter with a typing error would otherwise show
 * everything. A documented name that ends in a star stands for all that begin so.
 */
@Priority(Priorities.USER)
public final class KnownParameters implements ContainerRequestFilter {
    @Context
    @SuppressWarnings("NullAway.Init") // set by Jersey, to a proxy for the request at hand
    private ResourceInfo resource;

    @Override
    public void filter(ContainerRequestContext request) {
        Set<String> given = request.getUriInfo().getQueryParameters().keySet();
        Method method = given.isEmpty() ? null : resource.getResourceMethod();
        if (method == null) {
            return;
        }
        Set<String> known = namesOf(method);
        List<String> unknown =
                given.stream().filter(name -> !isKnown(name, known)).sorted().toList();
        if (!unknown.isEmpty()) {
            throw new ApiException(ErrorCode.INVALID_PARAMETER, "there is no parameter " + unknown.get(0) + " here")
                    .withDetails(unknown.stream()
                            .map(name -> new FieldError(name, "is not a parameter of this route"))
                            .toList());
        }
    }

    private static boolean isKnown(String name, Set<String> known) {
        return known.contains(name)
                || known.stream()
                        .anyMatch(pattern ->
                                pattern.endsWith("*") && name.startsWith(pattern.substring(0, pattern.length() - 1)));
    }

    private static Set<String> namesOf(Method method) {
        Stream<String> documented = Arrays.stream(method.getAnnotationsByType(Parameter.class))
                .filter(parameter -> parameter.in() == ParameterIn.QUERY)
                .map(Parameter::name);
        Stream<String> bound = Arrays.stream(method.getParameters())
                .filter(parameter -> parameter.isAnnotationPresent(QueryParam.class))
                .map(parameter -> parameter.getAnnotation(QueryParam.class).value());
        return Stream.concat(documented, bound).collect(Collectors.toSet());
    }
}
