package dev.carnelian.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Takes a body of every shape and gives it back. */
@Path("/echo")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RequiresScope(Scope.JOBS_WRITE)
public final class EchoResource {
    private final List<Body> taken = new CopyOnWriteArrayList<>();

    enum Colour {
        DARK_RED,
        BLUE
    }

    record Part(@NotBlank String text) {}

    record Body(
            @NotNull String name,
            @Nullable @Min(1) @Max(100) Integer count,
            @Nullable Boolean flag,
            @Nullable Instant at,
            @Nullable Colour colour,
            @Nullable JsonNode input,
            @Nullable Map<String, String> labels,
            @Nullable List<@Valid Part> parts) {}

    List<Body> taken() {
        return taken;
    }

    @POST
    @Operation(summary = "Give back what came")
    public Envelope<Body> echo(@Auth Caller caller, @NotNull @Valid Body body) {
        taken.add(body);
        return Envelope.of(body);
    }

    @POST
    @Path("/optional")
    public Envelope<Boolean> optional(@Auth Caller caller, @Nullable Body body) {
        return Envelope.of(body != null);
    }

    @GET
    @RequiresScope(Scope.JOBS_READ)
    public Envelope<List<String>> list(
            @Auth Caller caller, @QueryParam("limit") @DefaultValue("20") @Min(1) @Max(100) int limit) {
        return Envelope.page(
                List.of(caller.tenant().value(), String.valueOf(MDC.get("request_id"))), new Page(limit, false, null));
    }

    @GET
    @Path("/{id}")
    @RequiresScope(Scope.JOBS_READ)
    public Envelope<String> get(@Auth Caller caller, @PathParam("id") String id) throws SQLException {
        return switch (id) {
            case "bug" -> throw new IllegalStateException("secret detail");
            case "database" -> throw new SQLException("gone", "08006");
            case "wait" ->
                throw new ApiException(ErrorCode.DRAINING, "drain").withRetryAfter(java.time.Duration.ofMillis(1_200));
            default -> Envelope.of(id);
        };
    }

    @DELETE
    @Path("/{id}")
    @RequiresScope(Scope.ADMIN)
    public void delete(@Auth Caller caller, @PathParam("id") String id) {
        taken.clear();
    }
}
