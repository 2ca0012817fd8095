package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobTypes;
import dev.carnelian.queue.Durations;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The types of jobs there are: what they take and give, and how they are run unless a job says otherwise. */
@Path("/job-types")
@Produces(MediaType.APPLICATION_JSON)
@RequiresScope(Scope.JOBS_READ)
public final class JobTypesResource implements Describing {
    private final JobTypes types;
    private final Durations durations;
    private final Map<String, Schemas> schemas = new LinkedHashMap<>();

    JobTypesResource(JobTypes types, Durations durations) {
        this.types = types;
        this.durations = durations;
        types.list()
                .forEach(type -> schemas.put(
                        type.name(), new Schemas(JsonSchemas.of(type.input()), JsonSchemas.of(type.result()))));
    }

    private record Schemas(JsonNode input, JsonNode result) {}

    /**
     * A type on the wire.
     *
     * @param p50Ms what half of the tenant's recent jobs stayed within; absent before the first completed one
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record JobTypeView(
            String name,
            String description,
            @Schema(implementation = Object.class) JsonNode inputSchema,
            @Schema(implementation = Object.class) JsonNode resultSchema,
            Defaults defaults,
            @Nullable Long p50Ms,
            @Nullable Long p95Ms) {}

    /** How jobs are run that say nothing else. */
    record Defaults(int maxAttempts, long timeoutSeconds, BackoffView backoff) {
        static Defaults of(JobType.Limits limits) {
            Backoff backoff = limits.backoff();
            return new Defaults(
                    limits.maxAttempts(),
                    limits.timeout().toSeconds(),
                    new BackoffView(
                            backoff.kind(), seconds(backoff.initial()), seconds(backoff.max()), backoff.jitter()));
        }

        private static double seconds(Duration duration) {
            return duration.toMillis() / 1_000.0;
        }
    }

    /** The wait between attempts. */
    record BackoffView(Backoff.Kind kind, double initialSeconds, double maxSeconds, double jitter) {}

    @GET
    @Operation(summary = "List the types of jobs")
    public Envelope<List<JobTypeView>> list(@Auth Caller caller) {
        return Envelope.of(types.list().stream().map(type -> view(caller, type)).toList());
    }

    @GET
    @Path("/{name}")
    @Operation(summary = "Get a type of jobs")
    public Envelope<JobTypeView> get(@Auth Caller caller, @PathParam("name") String name) {
        return Envelope.of(types.find(name)
                .map(type -> view(caller, type))
                .orElseThrow(() -> new ApiException(ErrorCode.JOB_TYPE_NOT_FOUND, "there is no such job type")));
    }

    /** Tells what each type takes and gives, as parts named {@code TYPE.input} and {@code TYPE.result}. */
    @Override
    public void describe(ObjectNode document) {
        ObjectNode parts = document.withObject("/components/schemas");
        ArrayNode inputs = parts.arrayNode();
        ArrayNode results = parts.arrayNode();
        for (JobType<?, ?> type : types.list()) {
            String input = type.name() + ".input";
            String result = type.name() + ".result";
            JsonSchemas.components(input, type.input()).forEach(parts::set);
            JsonSchemas.components(result, type.result()).forEach(parts::set);
            inputs.addObject().put("$ref", JsonSchemas.OPENAPI_PLACE + input);
            results.addObject().put("$ref", JsonSchemas.OPENAPI_PLACE + result);
        }
        // Of a failed job, and of one that has not ended.
        results.addObject().putArray("type").add("object").add("null");
        choose(parts, "/CreateJob/properties/input", inputs);
        choose(parts, "/JobView/properties/result", results);
    }

    private static void choose(ObjectNode parts, String place, ArrayNode choices) {
        if (parts.at(place) instanceof ObjectNode property && !choices.isEmpty()) {
            property.remove("type");
            property.set("anyOf", choices);
        }
    }

    private JobTypeView view(Caller caller, JobType<?, ?> type) {
        Schemas shapes = Objects.requireNonNull(schemas.get(type.name()));
        Durations.@Nullable Typical typical =
                durations.of(caller.tenant(), type.name()).orElse(null);
        return new JobTypeView(
                type.name(),
                type.description(),
                shapes.input(),
                shapes.result(),
                Defaults.of(type.limits()),
                typical == null ? null : typical.p50().toMillis(),
                typical == null ? null : typical.p95().toMillis());
    }
}
