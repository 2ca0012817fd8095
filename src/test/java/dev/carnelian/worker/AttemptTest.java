package dev.carnelian.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carnelian.job.Backoff;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Claimed;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AttemptTest {
    private final Attempt attempt = new Attempt(
            new Claimed(
                    JobId.next(),
                    UUID.randomUUID().toString(),
                    new TenantId("a"),
                    "test",
                    1,
                    0,
                    new Backoff(Backoff.Kind.FIXED, Duration.ofSeconds(1), Duration.ofSeconds(1), 0),
                    Duration.ofMinutes(1),
                    "{}"),
            InstantSource.system(),
            new Trial.History(Optional.empty(), Optional.empty()));

    @AfterEach
    void clearTheInterrupt() {
        var unused = Thread.interrupted();
    }

    @Test
    void aStopInterruptsTheHandlersThread() {
        attempt.begin();
        attempt.stop(Stop.CANCELLED);

        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThatExceptionOfType(JobCancelledException.class).isThrownBy(attempt::throwIfCancelled);
    }

    @Test
    void aStopBeforeTheBeginningInterruptsAtTheBeginning() {
        attempt.stop(Stop.HANDED_BACK);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();

        attempt.begin();

        assertThat(Thread.currentThread().isInterrupted()).isTrue();
    }

    @Test
    void theEndTakesTheInterruptBackAsTheThreadGoesOnToOtherJobs() {
        attempt.begin();
        attempt.stop(Stop.TIMED_OUT);

        assertThat(attempt.end()).isTrue();

        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(attempt.stopReason()).isEqualTo(Stop.TIMED_OUT);
    }

    @Test
    void whatIsDoneIsNotStopped() {
        attempt.begin();
        assertThat(attempt.end()).isTrue();

        attempt.stop(Stop.CANCELLED);

        assertThat(attempt.stopReason()).isNull();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void onlyTheFirstEndCounts() {
        attempt.begin();
        assertThat(attempt.end()).isTrue();
        assertThat(attempt.end()).isFalse();
    }

    @Test
    void theFirstReasonCounts() {
        attempt.stop(Stop.CANCELLED);
        attempt.stop(Stop.TIMED_OUT);

        assertThat(attempt.stopReason()).isEqualTo(Stop.CANCELLED);
        assertThat(attempt.isStoppedFor(Duration.ofMinutes(1))).isFalse();
        assertThat(attempt.isStoppedFor(Duration.ZERO)).isTrue();
    }
}
