package dev.carnelian.api;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;
import java.lang.reflect.Method;

/** Puts the checks of key and body in front of every route; a route that forgot to say who may use it stops the start. */
final class RouteRules implements DynamicFeature {
    private final KeyCheck.Factory keyChecks;
    private final ApiConfiguration configuration;

    RouteRules(KeyCheck.Factory keyChecks, ApiConfiguration configuration) {
        this.keyChecks = keyChecks;
        this.configuration = configuration;
    }

    @Override
    public void configure(ResourceInfo route, FeatureContext context) {
        Method method = route.getResourceMethod();
        if (isJerseysOwn(method)) {
            context.register(new Refusal(), ContainerRequestFilter.class);
            return;
        }
        if (!isOpen(method)) {
            context.register(keyChecks.requiring(scopeOf(route)));
        }
        context.register(
                method.isAnnotationPresent(Streamed.class)
                        ? BodyCheck.ofBytes(configuration.maxFile().toBytes())
                        : BodyCheck.ofJson(configuration.maxBody().toBytes()));
    }

    /** Jersey answers OPTIONS for every route by itself, without asking for a key. */
    private static boolean isJerseysOwn(Method method) {
        return method.getDeclaringClass().getName().startsWith("org.glassfish.jersey.");
    }

    private static final class Refusal implements ContainerRequestFilter {
        @Override
        public void filter(ContainerRequestContext request) {
            throw new ApiException(ErrorCode.METHOD_NOT_ALLOWED, HttpErrors.messageOf(ErrorCode.METHOD_NOT_ALLOWED));
        }
    }

    static boolean isOpen(Method method) {
        return method.isAnnotationPresent(PermitAll.class);
    }

    private static RequiresScope scopeOf(ResourceInfo route) {
        Method method = route.getResourceMethod();
        RequiresScope onMethod = method.getAnnotation(RequiresScope.class);
        RequiresScope scope = onMethod == null ? route.getResourceClass().getAnnotation(RequiresScope.class) : onMethod;
        if (scope == null) {
            throw new IllegalStateException(method + " names no scope; annotate it or its class with @RequiresScope");
        }
        return scope;
    }
}
