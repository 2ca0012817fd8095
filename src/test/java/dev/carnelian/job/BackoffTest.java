package dev.carnelian.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void exponentialDoublesUpToItsMaximum() {
        Backoff backoff = new Backoff(Backoff.Kind.EXPONENTIAL, SECOND, Duration.ofSeconds(10), 0);

        assertThat(backoff.delayAfter(1, new Random(1))).isEqualTo(SECOND);
        assertThat(backoff.delayAfter(3, new Random(1))).isEqualTo(Duration.ofSeconds(4));
        assertThat(backoff.delayAfter(1_000, new Random(1))).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void jitterStaysWithinItsShareAndTheMaximum() {
        Backoff backoff = new Backoff(Backoff.Kind.FIXED, SECOND, Duration.ofMillis(1_100), 0.2);
        Random random = new Random(7);

        for (int i = 0; i < 1_000; i++) {
            assertThat(backoff.delayAfter(1, random)).isBetween(Duration.ofMillis(800), Duration.ofMillis(1_100));
        }
    }

    @Test
    void aMaximumBelowTheInitialWaitIsRefused() {
        assertThatThrownBy(() -> new Backoff(Backoff.Kind.LINEAR, SECOND, Duration.ZERO, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("max");
    }
}
