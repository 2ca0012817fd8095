package dev.carnelian.queue;

import static dev.carnelian.queue.TestQueue.ACME;
import static dev.carnelian.queue.TestQueue.OTHER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.job.TenantId;
import dev.carnelian.queue.RefusedException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class IdempotencyTest {
    private final TestQueue test = new TestQueue();

    @Test
    void aRepeatIsToldTheStoredAnswer() {
        Answer first = enqueue(ACME, "k", "body");
        Answer again = enqueue(ACME, "k", "body");

        assertThat(first.replayed()).isFalse();
        assertThat(again).isEqualTo(new Answer(201, first.location(), first.body(), true));
        assertThat(test.count("jobs")).isEqualTo(1);
    }

    @Test
    void anotherBodyIsRefused() {
        enqueue(ACME, "k", "body");

        assertThatThrownBy(() -> enqueue(ACME, "k", "other body"))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.IDEMPOTENCY_KEY_REUSED));
    }

    @Test
    void aKeyBelongsToItsTenant() {
        enqueue(ACME, "k", "body");

        assertThat(enqueue(OTHER, "k", "other body").replayed()).isFalse();
    }

    @Test
    void aKeyIsForgottenAfterADay() {
        enqueue(ACME, "k", "body");
        test.jdbi()
                .useHandle(handle -> handle.execute(
                        "UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second'"));

        assertThat(enqueue(ACME, "k", "other body").replayed()).isFalse();
        assertThat(enqueue(ACME, "k", "other body").replayed()).isTrue();
        assertThat(test.count("idempotency_keys")).isEqualTo(1);
    }

    @Test
    void twelveAtOnceMakeOneJob() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(12);
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Optional<Answer>>> answers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            answers.add(callers.submit(() -> {
                start.await();
                try {
                    return Optional.of(enqueue(ACME, "k", "body"));
                } catch (RefusedException e) {
                    assertThat(e.reason()).isEqualTo(Reason.IDEMPOTENCY_IN_PROGRESS);
                    return Optional.empty();
                }
            }));
        }
        start.countDown();

        List<String> told = new ArrayList<>();
        for (Future<Optional<Answer>> answer : answers) {
            answer.get().map(Answer::body).ifPresent(told::add);
        }
        callers.shutdown();

        assertThat(told).isNotEmpty().containsOnly(told.get(0));
        assertThat(test.count("jobs")).isEqualTo(1);
        assertThat(test.count("test_triggers")).isEqualTo(1);
    }

    private Answer enqueue(TenantId tenant, String key, String fingerprint) {
        return test.queue()
                .enqueue(
                        TestQueue.newJob(tenant, "export"),
                        Optional.of(new IdempotencyKey("POST /jobs", key, fingerprint)),
                        job -> Answer.of(201, "/jobs/" + job.id(), job.id().toString()));
    }
}
