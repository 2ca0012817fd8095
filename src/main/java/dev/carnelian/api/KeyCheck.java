package dev.carnelian.api;

import dev.carnelian.access.ApiKeys;
import dev.carnelian.access.Authentication;
import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.access.WrongKeys;
import jakarta.annotation.Priority;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lets a request pass whose {@code Authorization} header bears a key with the scope of the route. */
@Priority(Priorities.AUTHENTICATION)
final class KeyCheck implements ContainerRequestFilter {
    private static final Pattern BEARER = Pattern.compile("Bearer +(\\S+) *", Pattern.CASE_INSENSITIVE);

    private final ApiKeys keys;
    private final WrongKeys wrongKeys;

    @Context
    @SuppressWarnings("NullAway.Init") // by Jersey, as a stand-in for whatever request a thread serves
    private HttpServletRequest servletRequest;

    KeyCheck(ApiKeys keys, WrongKeys wrongKeys) {
        this.keys = keys;
        this.wrongKeys = wrongKeys;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        Optional<Scope> scope = RouteRules.scopeOf(request);
        if (scope.isEmpty()) {
            return;
        }
        if (request.getUriInfo().getQueryParameters().containsKey("access_token")) {
            throw new ApiException(
                    ErrorCode.UNAUTHENTICATED, "a key is taken from the Authorization header only, never from the URL");
        }
        Authentication authentication = keys.authenticate(keyOf(request));
        if (!(authentication instanceof Authentication.Accepted accepted)) {
            throw refusal((Authentication.Refused) authentication);
        }
        Caller caller = accepted.caller();
        if (!caller.may(scope.get())) {
            throw new ApiException(
                    ErrorCode.INSUFFICIENT_SCOPE,
                    "the key lacks the scope " + scope.get().wireName());
        }
        request.setSecurityContext(new CallerContext(caller, request.getSecurityContext()));
    }

    private static String keyOf(ContainerRequestContext request) {
        return bearerOf(request)
                .orElseThrow(() -> new ApiException(
                        ErrorCode.UNAUTHENTICATED, "an Authorization header with Bearer and an API key is required"));
    }

    /** What the request's one {@code Authorization} header bears. */
    static Optional<String> bearerOf(ContainerRequestContext request) {
        List<String> headers = request.getHeaders().getOrDefault(HttpHeaders.AUTHORIZATION, List.of());
        Matcher bearer = BEARER.matcher(headers.size() == 1 ? headers.get(0) : "");
        return bearer.matches() ? Optional.of(bearer.group(1)) : Optional.empty();
    }

    private ApiException refusal(Authentication.Refused refused) {
        return switch (refused) {
            case EXPIRED -> new ApiException(ErrorCode.API_KEY_EXPIRED, "the key has expired");
            case REVOKED -> new ApiException(ErrorCode.API_KEY_REVOKED, "the key was revoked");
            case UNKNOWN -> unknown();
        };
    }

    private ApiException unknown() {
        return wrongKeys
                .count(servletRequest.getRemoteAddr())
                .map(wait -> new ApiException(ErrorCode.RATE_LIMITED, "too many wrong keys from this address")
                        .withRetryAfter(wait))
                .orElseGet(() -> new ApiException(ErrorCode.UNAUTHENTICATED, "the key is not valid"));
    }

    /** The caller, where {@code @Auth} finds it. */
    private record CallerContext(Caller caller, SecurityContext outer) implements SecurityContext {
        @Override
        public Principal getUserPrincipal() {
            return caller;
        }

        @Override
        public boolean isUserInRole(String role) {
            return Scope.ofWireName(role).filter(caller::may).isPresent();
        }

        @Override
        public boolean isSecure() {
            return outer.isSecure();
        }

        @Override
        public String getAuthenticationScheme() {
            return "Bearer";
        }
    }
}
