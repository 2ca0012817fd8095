package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.job.JobStatus;
import dev.carnelian.queue.Answer;
import dev.carnelian.queue.Durations;
import dev.carnelian.queue.Job;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers that show one job. Their entity tag is a digest of what they show, so it changes whenever that does. Thread-safe. */
final class JobAnswers {
    private static final Duration USUAL = Duration.ofSeconds(5);

    private final ObjectMapper json;
    private final Durations durations;

    JobAnswers(ObjectMapper json, Durations durations) {
        this.json = json;
        this.durations = durations;
    }

    /** For the queue to keep: a new job, which its caller knows the input of. */
    Answer created(Job job) {
        return Answer.of(201, "jobs/" + job.id(), text(job, JobView.Extras.NONE));
    }

    /** For the queue to keep: a job that is cancelled, or will be. */
    Answer cancelled(Job job) {
        return Answer.of(job.isCancelling() ? 202 : 200, null, text(job, JobView.Extras.NONE));
    }

    /** For the queue to keep: what is said of many jobs. */
    Answer all(int status, List<?> told) {
        return Answer.of(status, null, text(Envelope.of(told)));
    }

    /** What the queue kept. */
    Response of(Answer answer) {
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        Response.ResponseBuilder response = Response.status(answer.status())
                .type(MediaType.APPLICATION_JSON_TYPE)
                .tag(tagOf(body))
                .entity(body);
        if (answer.location() != null) {
            response.location(URI.create(answer.location()));
        }
        if (answer.replayed()) {
            response.header("Idempotency-Replayed", "true");
        }
        return response.build();
    }

    /** The job as it stands, or 304 when the client has just that. */
    Response of(Job job, JobView.Extras extras, @Nullable String ifNoneMatch) {
        byte[] body = text(job, extras).getBytes(StandardCharsets.UTF_8);
        EntityTag tag = tagOf(body);
        Response.ResponseBuilder response =
                isKnown(tag, ifNoneMatch) ? Response.notModified() : Response.ok(body, MediaType.APPLICATION_JSON_TYPE);
        if (!job.status().isFinal()) {
            response.header(HttpHeaders.RETRY_AFTER, retryAfter(job).toSeconds());
        }
        return response.tag(tag).build();
    }

    private String text(Job job, JobView.Extras extras) {
        return text(Envelope.of(JobView.of(job, extras)));
    }

    private String text(Envelope<?> answer) {
        try {
            return json.writeValueAsString(answer);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer cannot be written", e);
        }
    }

    private static EntityTag tagOf(byte[] body) {
        return new EntityTag(Digest.of(body).substring(0, 32));
    }

    private static boolean isKnown(EntityTag tag, @Nullable String ifNoneMatch) {
        return ifNoneMatch != null
                && Arrays.stream(ifNoneMatch.split(",", 20))
                        .map(String::strip)
                        .anyMatch(known -> known.equals("*")
                                || known.replaceFirst("^W/", "").equals("\"" + tag.getValue() + "\""));
    }

    /** When the job may have ended, judged by others of its type; one that is overdue is asked after ever less often. */
    private Duration retryAfter(Job job) {
        Instant now = job.times().readAt();
        Duration usual = durations
                .of(job.tenant(), job.type())
                .map(Durations.Typical::p50)
                .orElse(USUAL);
        Instant started = job.times().started();
        Duration wait = job.waitsUntil()
                .map(until -> Duration.between(now, until).plus(usual))
                .orElse(usual);
        if (job.status() == JobStatus.RUNNING && started != null) {
            Duration elapsed = Duration.between(started, now);
            Duration left = usual.minus(elapsed);
            Duration overdue = elapsed.dividedBy(10);
            wait = left.compareTo(overdue) > 0 ? left : overdue;
        }
        return Duration.ofSeconds(Math.min(60, Math.max(1, wait.plusMillis(999).toSeconds())));
    }
}
