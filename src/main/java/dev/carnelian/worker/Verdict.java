package dev.carnelian.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.queue.Claimed;
import dev.carnelian.queue.Outcome;
import dev.carnelian.queue.Report;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides what an attempt ends with: from what its handler did, and from why it was told to stop, if it was. */
final class Verdict {
    private static final Logger LOG = LoggerFactory.getLogger(Verdict.class);
    private static final long REST_WAIT_MILLIS = 15_000;
    private static final Duration LONGEST_WAIT = Duration.ofHours(24);
    private static final int LONGEST_RESULT = 1024 * 1024;

    private final ObjectMapper json;

    Verdict(ObjectMapper json) {
        this.json = json;
    }

    /** The outcome; empty if this node gives the attempt up. */
    Optional<Outcome> on(Attempt attempt, Ending ending) {
        Report rest = rest(attempt);
        Stop stop = attempt.stopReason();
        if (stop == Stop.TIMED_OUT) {
            long seconds = attempt.claimed().timeout().toSeconds();
            return Optional.of(failed(
                    attempt, JobFailure.retryable("timeout", "the attempt took longer than " + seconds + " s"), rest));
        }
        if (stop == Stop.CANCELLED) {
            return Optional.of(new Outcome.Cancelled(rest));
        }
        if (ending.result() != null) {
            return Optional.of(completed(attempt, ending.result(), rest));
        }
        // What a handler throws while its node gives the job up says nothing of the job.
        return stop != null || ending.failure() == null
                ? Optional.empty()
                : Optional.of(failed(attempt, named(ending.failure()), askedWait(ending.failure()), rest));
    }

    private static Report rest(Attempt attempt) {
        try {
            return attempt.buffer().takeRest(REST_WAIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            Claimed claimed = attempt.claimed();
            return Report.empty(claimed.job(), claimed.runId(), claimed.attempt());
        }
    }

    private Outcome completed(Attempt attempt, Object result, Report rest) {
        try {
            String text = json.writeValueAsString(result);
            return text.length() <= LONGEST_RESULT
                    ? new Outcome.Completed(text, rest)
                    : failed(
                            attempt,
                            JobFailure.permanent("result_too_large", "the result is longer than 1 MiB of JSON"),
                            rest);
        } catch (JsonProcessingException e) {
            LOG.error(
                    "the result of {} cannot be written as JSON",
                    attempt.claimed().type(),
                    e);
            return failed(
                    attempt,
                    JobFailure.permanent("invalid_result", "the handler's result cannot be written as JSON"),
                    rest);
        }
    }

    private static JobFailure named(Throwable thrown) {
        if (thrown instanceof JobFailedException known) {
            return known.failure();
        }
        LOG.warn("the handler threw", thrown);
        String message = thrown.getMessage() == null ? "" : ": " + thrown.getMessage();
        return JobFailure.retryable("handler_error", thrown.getClass().getSimpleName() + message);
    }

    /** What the handler knows of the time for another attempt, such as an endpoint's {@code Retry-After}. */
    private static Duration askedWait(Throwable thrown) {
        Duration asked = thrown instanceof JobFailedException known ? known.shortestWait() : Duration.ZERO;
        return asked.compareTo(LONGEST_WAIT) < 0 ? asked : LONGEST_WAIT;
    }

    private Outcome failed(Attempt attempt, JobFailure failure, Report rest) {
        return failed(attempt, failure, Duration.ZERO, rest);
    }

    private Outcome failed(Attempt attempt, JobFailure failure, Duration shortestWait, Report rest) {
        Claimed claimed = attempt.claimed();
        boolean again = failure.retryable() && claimed.failuresLeft() > 0;
        Duration retryAfter = again ? retryAfter(claimed, shortestWait) : null;
        return new Outcome.Failed(failure, failedResult(attempt, failure), retryAfter, rest);
    }

    private static Duration retryAfter(Claimed claimed, Duration shortestWait) {
        Duration backoff = claimed.backoff().delayAfter(claimed.attempt(), RandomGenerator.getDefault());
        return backoff.compareTo(shortestWait) > 0 ? backoff : shortestWait;
    }

    /** The error, and whatever counters the attempt has. */
    private String failedResult(Attempt attempt, JobFailure failure) {
        var result = json.createObjectNode();
        result.putObject("error")
                .put("code", failure.code())
                .put("message", failure.message())
                .put("retryable", failure.retryable())
                .put("attempt", attempt.claimed().attempt());
        Report.Progress counters = attempt.buffer().counters();
        if (counters.processed() != null) {
            result.put("processed", counters.processed()).put("total", counters.total());
        }
        if (counters.failed() > 0) {
            result.put("errors", counters.failed());
        }
        return result.toString();
    }
}
