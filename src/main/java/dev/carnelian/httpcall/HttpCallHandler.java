package dev.carnelian.httpcall;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.net.BlockedTargetException;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.OutboundException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls an endpoint. The same {@code Idempotency-Key} goes with each attempt of a job, so an endpoint that heeds it may be
 * called again at any point.
 */
public final class HttpCallHandler implements JobHandler<HttpInput, HttpResult> {
    /** The type it serves. */
    public static final JobType<HttpInput, HttpResult> TYPE = new JobType<>(
            "http",
            "Calls an HTTP endpoint, which does the work at once, or answers 202 and reports about it later",
            HttpInput.class,
            HttpResult.class,
            JobType.Limits.standard());

    /** Of the 4xx, those that say nothing of the request itself. */
    private static final Set<Integer> PASSING = Set.of(408, 425, 429);

    private static final Set<Integer> MAY_SAY_WHEN = Set.of(429, 503);
    private static final int ACCEPTED = 202;

    /** What a caller sees instead of a secret, and might send back. */
    private static final String MASK = "[redacted]";

    /** So that an attempt ends by its deadline, and not by its timeout. */
    private static final Duration MARGIN = Duration.ofMillis(500);

    private final OutboundClient client;
    private final RunReports reports;
    private final Supplier<Optional<URI>> publicUrl;
    private final ObjectMapper json;
    private final InstantSource clock;

    /**
     * @param client shared by all jobs of this node; not closed here
     * @param publicUrl where endpoints reach a node's API, without {@code /v1/api}; empty when no node can be reached
     * @param json reads answers within the API's bounds
     */
    public HttpCallHandler(
            OutboundClient client,
            RunReports reports,
            Supplier<Optional<URI>> publicUrl,
            ObjectMapper json,
            InstantSource clock) {
        this.client = client;
        this.reports = reports;
        this.publicUrl = publicUrl;
        this.json = json;
        this.clock = clock;
    }

    @Override
    public JobType<HttpInput, HttpResult> type() {
        return TYPE;
    }

    @Override
    public void check(HttpInput input) {
        input.headersOrNone().forEach((name, value) -> {
            if (CallRequest.isOurs(name)) {
                throw refused("headers." + name, "is sent by the service itself");
            }
            if (value.equals(MASK)) {
                throw refused("headers." + name, "is the mask of a secret, not the secret");
            }
        });
        if (input.hasBody() && input.takesNoBody()) {
            throw refused("body", "cannot be sent with " + input.methodOrDefault());
        }
        try {
            var unused = client.check(input.url());
        } catch (BlockedTargetException e) {
            throw new InputRefusedException(e.code(), "url", String.valueOf(e.getMessage()));
        }
    }

    private static InputRefusedException refused(String field, String message) {
        return new InputRefusedException("validation_failed", field, message);
    }

    @Override
    public HttpResult handle(HttpInput input, JobContext context) throws InterruptedException {
        Optional<RunReport> earlier = reports.completedBefore(context.jobId());
        if (earlier.isPresent()) {
            context.log(JobContext.LogLevel.INFO, "an earlier attempt was completed by the endpoint");
            return reported(new ReportWait(reports, context).resultOf(earlier.get()));
        }
        RunReports.Open run = reports.open(context);
        Optional<URI> runUrl = publicUrl.get().map(url -> runUrl(url, run.id()));
        KeptAnswer answer = call(input, context, run, runUrl);
        if (!input.promisesReports(answer.status())) {
            reports.forget(run);
            return judged(input, answer);
        }
        if (runUrl.isEmpty()) {
            throw new JobFailedException(JobFailure.permanent(
                    "no_public_url", "the endpoint answered 202, but cannot report: set api.publicUrl"));
        }
        return reported(new ReportWait(reports, context).result(run.id(), deadline(input, context)));
    }

    private static URI runUrl(URI publicUrl, UUID run) {
        String base = publicUrl.toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/v1/api/runs/" + run);
    }

    private KeptAnswer call(HttpInput input, JobContext context, RunReports.Open run, Optional<URI> runUrl)
            throws InterruptedException {
        try {
            return client.send(CallRequest.of(input, context, run, runUrl), answer -> KeptAnswer.read(answer, json));
        } catch (BlockedTargetException e) {
            throw new JobFailedException(JobFailure.permanent(e.code(), String.valueOf(e.getMessage())), e);
        } catch (OutboundException e) {
            throw new JobFailedException(new JobFailure(e.code(), e.message(), e.retryable()), e);
        } catch (IllegalArgumentException e) {
            throw new JobFailedException(
                    JobFailure.permanent("invalid_input", "the request cannot be sent: " + e.getMessage()), e);
        }
    }

    private HttpResult judged(HttpInput input, KeptAnswer answer) {
        int status = answer.status();
        if (input.expects(status)) {
            return new HttpResult(status, answer.contentType(), answer.body(), answer.truncated(), false);
        }
        boolean retryable = status >= 500 || PASSING.contains(status);
        JobFailure failure =
                new JobFailure("unexpected_status", "the endpoint answered " + status + answer.excerpt(), retryable);
        Duration wait = MAY_SAY_WHEN.contains(status)
                ? RetryAfter.parse(answer.retryAfter(), clock.instant()).orElse(Duration.ZERO)
                : Duration.ZERO;
        throw new JobFailedException(failure).notBefore(wait);
    }

    private static HttpResult reported(@Nullable JsonNode body) {
        return new HttpResult(ACCEPTED, null, body, false, true);
    }

    /** Before the attempt's own end. */
    private static Duration deadline(HttpInput input, JobContext context) {
        Duration left = context.timeLeft().minus(MARGIN);
        Duration asked = input.deadlineSeconds() == null ? left : Duration.ofSeconds(input.deadlineSeconds());
        return asked.compareTo(left) < 0 ? asked : left;
    }
}
