package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.access.Caller;
import dev.carnelian.job.InputCheck;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobTypes;
import dev.carnelian.queue.IdempotencyKey;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.NewJob;
import dev.carnelian.queue.Rerun;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Turns checked requests into what the queue takes. Thread-safe. */
final class JobRequests {
    private static final int LARGEST_INPUT = 256 * 1024;
    private static final Pattern KEY = Pattern.compile("[!-~]{1,255}");

    private final ObjectMapper json;
    private final Validation validation;
    private final JobTypes types;
    private final InputCheck inputs;

    JobRequests(ObjectMapper json, Validation validation, JobTypes types, InputCheck inputs) {
        this.json = json;
        this.validation = validation;
        this.types = types;
        this.inputs = inputs;
    }

    NewJob create(Caller caller, @Nullable CreateJob body) {
        return create(caller, body, new InputChecks(inputs));
    }

    private NewJob create(Caller caller, @Nullable CreateJob body, InputChecks checks) {
        if (body == null) {
            throw bodyRequired();
        }
        validation.check(body, body.contradictions());
        JobType<?, ?> type = typeNamed(body.type());
        JsonNode input = body.input() == null || body.input().isNull() ? json.createObjectNode() : body.input();
        return new NewJob(
                caller.tenant(),
                type.name(),
                checkedInput(input, type, checks),
                body.settings(type.limits()),
                body.scheduledAt(),
                body.delay(),
                caller.keyId());
    }

    /** A body that is read here, and not before the resource is called. */
    <T> T read(InputStream body, Class<T> type) {
        try {
            T read = json.readValue(body, type);
            if (read == null) {
                throw bodyRequired();
            }
            return read;
        } catch (JsonProcessingException e) {
            throw JsonFailures.answerTo(e)
                    .orElseThrow(() -> new IllegalStateException("cannot read a " + type.getName(), e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each of the jobs, or what is wrong with it. */
    List<BulkItem> create(Caller caller, CreateJobs body) {
        validation.check(body, List.of());
        InputChecks checks = new InputChecks(inputs);
        return IntStream.range(0, body.jobs().size())
                .mapToObj(index -> item(caller, index, body.jobs().get(index), checks))
                .toList();
    }

    private BulkItem item(Caller caller, int index, JsonNode body, InputChecks checks) {
        String field = "jobs[" + index + "]";
        try {
            return new BulkItem(index, create(caller, validation.read(body, CreateJob.class), checks), null);
        } catch (ApiException e) {
            return new BulkItem(index, null, Validation.below(field, e));
        }
    }

    Rerun rerun(Caller caller, Job old, RerunBody body) {
        validation.check(body, List.of());
        JsonNode patch = body.input();
        return new Rerun(
                caller.tenant(),
                old.id(),
                patch == null
                        ? null
                        : checkedInput(
                                RerunBody.merge(inputOf(old), patch), typeNamed(old.type()), new InputChecks(inputs)),
                body.priority(),
                body.scheduledAt(),
                Boolean.TRUE.equals(body.allowCancelled()),
                body.only() != null,
                caller.keyId());
    }

    @Nullable
    String cancelReason(@Nullable CancelBody body) {
        CancelBody given = Objects.requireNonNullElse(body, CancelBody.NOTHING);
        validation.check(given, List.of());
        return given.reason();
    }

    /**
     * The key of a request, if it has one.
     *
     * @param path where the request went, from the base path on
     * @param body what was read of it; its fields stand for the bytes, so that spaces do not make it another
     */
    Optional<IdempotencyKey> key(@Nullable String header, String path, @Nullable Object body) {
        if (header == null) {
            return Optional.empty();
        }
        if (!KEY.matcher(header).matches()) {
            throw new ApiException(
                    ErrorCode.IDEMPOTENCY_KEY_INVALID, "Idempotency-Key must be 1 to 255 visible ASCII characters");
        }
        return Optional.of(new IdempotencyKey("POST " + path, header, Digest.of(text(body))));
    }

    static JobId idOf(String text) {
        return JobId.parse(text).orElseThrow(JobRequests::noSuchJob);
    }

    /** The same for a job that never was, one of another tenant, and an id that is none. */
    static ApiException noSuchJob() {
        return new ApiException(ErrorCode.JOB_NOT_FOUND, "there is no such job");
    }

    private static ApiException bodyRequired() {
        return new ApiException(ErrorCode.MALFORMED_JSON, "a JSON body is required");
    }

    private JobType<?, ?> typeNamed(String name) {
        return types.find(name)
                .orElseThrow(() -> new ApiException(
                                ErrorCode.UNKNOWN_JOB_TYPE, "there is no such job type; GET /job-types lists them")
                        .withDetails(List.of(new FieldError("type", "is not a job type"))));
    }

    private String checkedInput(JsonNode input, JobType<?, ?> type, InputChecks checks) {
        String stored = text(input);
        if (stored.getBytes(StandardCharsets.UTF_8).length > LARGEST_INPUT) {
            String limit = "may have at most %d bytes".formatted(LARGEST_INPUT);
            throw new ApiException(ErrorCode.PAYLOAD_TOO_LARGE, "input " + limit)
                    .withDetails(List.of(new FieldError("input", limit)));
        }
        checks.check(type, validation.bind(input, type.input(), "input"));
        return stored;
    }

    private JsonNode inputOf(Job job) {
        try {
            return json.readTree(Objects.requireNonNull(job.input()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the stored input of job " + job.id() + " is not JSON", e);
        }
    }

    private String text(@Nullable Object value) {
        try {
            return json.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a value that was read cannot be written", e);
        }
    }
}
