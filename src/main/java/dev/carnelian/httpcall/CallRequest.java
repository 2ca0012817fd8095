package dev.carnelian.httpcall;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.job.JobContext;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.OutboundLimits;
import dev.carnelian.net.OutboundRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The request of an attempt. */
final class CallRequest {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final long LARGEST_ANSWER = 1024L * 1024;

    private CallRequest() {}

    /** Whether an input may not have this header, because the service sends it. */
    static boolean isOurs(String header) {
        String name = header.toLowerCase(Locale.ROOT);
        return name.equals("idempotency-key") || name.startsWith("carnelian-") || OutboundRequest.isSetByClient(name);
    }

    /** The request, with the address at which the run may be reported about if there is one. */
    static OutboundRequest of(HttpInput input, JobContext context, RunReports.Open run, Optional<URI> runUrl) {
        // Names of headers are the same in any spelling.
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        JsonNode body = input.hasBody() ? input.body() : null;
        if (body != null) {
            headers.put("Content-Type", body.isTextual() ? "text/plain; charset=utf-8" : "application/json");
        }
        headers.put("traceparent", traceparent(context));
        headers.putAll(input.headersOrNone());
        headers.put("Idempotency-Key", context.jobId().toString());
        headers.put("Carnelian-Job-Id", context.jobId().toString());
        headers.put("Carnelian-Attempt", Integer.toString(context.attempt()));
        runUrl.ifPresent(url -> {
            headers.put("Carnelian-Run-Url", url.toString());
            headers.put("Carnelian-Run-Token", run.token().value());
        });
        return new OutboundRequest(
                input.methodOrDefault(),
                OutboundClient.parse(input.url()),
                headers,
                bytes(body),
                limits(input, context));
    }

    private static byte @Nullable [] bytes(@Nullable JsonNode body) {
        if (body == null) {
            return null;
        }
        String text = body.isTextual() ? body.textValue() : body.toString();
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** All attempts of a job belong to one trace, each with a span of its own. */
    private static String traceparent(JobContext context) {
        String trace = context.jobId().toString().replace("-", "");
        long span = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
        return "00-%s-%016x-01".formatted(trace, span);
    }

    private static OutboundLimits limits(HttpInput input, JobContext context) {
        Duration total = Duration.ofSeconds(input.timeoutOrDefault());
        Duration left = context.timeLeft().compareTo(SHORTEST) < 0 ? SHORTEST : context.timeLeft();
        return new OutboundLimits(CONNECT, total, total, LARGEST_ANSWER, OutboundLimits.MOST_REDIRECTS).within(left);
    }
}
