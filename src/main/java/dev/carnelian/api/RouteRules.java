package dev.carnelian.api;

import dev.carnelian.access.Scope;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;
import java.lang.reflect.Method;
import java.util.Optional;
import org.glassfish.jersey.server.ExtendedUriInfo;
import org.glassfish.jersey.server.model.Invocable;

/** Looks at every route when the API starts: limits its body, and refuses to start with one that names no scope. */
final class RouteRules implements DynamicFeature {
    private final ApiConfiguration configuration;

    RouteRules(ApiConfiguration configuration) {
        this.configuration = configuration;
    }

    @Override
    public void configure(ResourceInfo route, FeatureContext context) {
        Method method = route.getResourceMethod();
        if (isJerseysOwn(method)) {
            context.register(new Refusal());
            return;
        }
        scopeOf(method, route.getResourceClass());
        context.register(bodyCheck(method));
    }

    private BodyCheck bodyCheck(Method method) {
        if (method.isAnnotationPresent(Streamed.class)) {
            return BodyCheck.ofBytes(configuration.maxFile().toBytes());
        }
        boolean bulk = method.isAnnotationPresent(Bulk.class);
        return BodyCheck.ofJson((bulk ? configuration.maxBulkBody() : configuration.maxBody()).toBytes());
    }

    /**
     * The scope that a route asks for; empty for one that is open to all, or asks for something else than a key.
     *
     * @throws IllegalStateException if the route does not say who may use it
     */
    static Optional<Scope> scopeOf(Method method, Class<?> resource) {
        if (method.isAnnotationPresent(PermitAll.class)
                || method.isAnnotationPresent(ByRunToken.class)
                || isJerseysOwn(method)) {
            return Optional.empty();
        }
        RequiresScope onMethod = method.getAnnotation(RequiresScope.class);
        RequiresScope scope = onMethod == null ? resource.getAnnotation(RequiresScope.class) : onMethod;
        if (scope == null) {
            throw new IllegalStateException(method + " names no scope; annotate it or its class with @RequiresScope");
        }
        return Optional.of(scope.value());
    }

    /** The method that a request was matched to. Asked of the request, as Jersey's stand-in for it costs a look-up. */
    static Method methodOf(ContainerRequestContext request) {
        return invocable(request).getHandlingMethod();
    }

    private static Invocable invocable(ContainerRequestContext request) {
        return ((ExtendedUriInfo) request.getUriInfo())
                .getMatchedResourceMethod()
                .getInvocable();
    }

    /** The scope that the route of a request asks for, as in {@link #scopeOf(Method, Class)}. */
    static Optional<Scope> scopeOf(ContainerRequestContext request) {
        Invocable route = invocable(request);
        return scopeOf(route.getHandlingMethod(), route.getHandler().getHandlerClass());
    }

    private static boolean isJerseysOwn(Method method) {
        return method.getDeclaringClass().getName().startsWith("org.glassfish.jersey.");
    }

    /** Jersey answers OPTIONS for every route by itself, without asking for a key. */
    private static final class Refusal implements ContainerRequestFilter {
        @Override
        public void filter(ContainerRequestContext request) {
            throw new ApiException(ErrorCode.METHOD_NOT_ALLOWED, HttpErrors.messageOf(ErrorCode.METHOD_NOT_ALLOWED));
        }
    }
}
