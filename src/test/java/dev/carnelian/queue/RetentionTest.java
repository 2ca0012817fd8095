package dev.carnelian.queue;

import static dev.carnelian.queue.TestQueue.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.job.JobId;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RetentionTest {
    private final TestQueue test = new TestQueue();
    private final Retention retention = new Retention(test.jdbi());

    @Test
    void onlyFinishedJobsWhoseTimeIsOverAreDeletedAndInBatches() {
        JobId pending = test.enqueue("export").id();
        JobId kept = test.enqueue("export").id();
        test.complete(kept, "{}");
        for (int i = 0; i < 3; i++) {
            JobId old = test.enqueue("export").id();
            test.fail(old, Duration.ZERO);
            test.complete(old, "{}");
            execute("UPDATE jobs SET expires_at = now() - interval '1 second' WHERE id = '" + old + "'");
        }

        assertThat(retention.deleteExpiredJobs(2)).isEqualTo(2);
        assertThat(retention.deleteExpiredJobs(2)).isEqualTo(1);
        assertThat(retention.deleteExpiredJobs(2)).isZero();

        assertThat(test.jobs().list(ACME, JobFilter.all(), null, 10))
                .extracting(Job::id)
                .containsExactly(kept, pending);
        assertThat(test.count("job_attempts")).isZero();
    }

    @Test
    void idempotencyKeysAreDeletedAfterADay() {
        for (String key : new String[] {"old", "new"}) {
            test.queue()
                    .enqueue(
                            TestQueue.newJob(ACME, "export"),
                            Optional.of(new IdempotencyKey("POST /jobs", key, "f")),
                            job -> Answer.of(201, null, "{}"));
        }
        execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'old'");

        assertThat(retention.deleteOldIdempotencyKeys(10)).isEqualTo(1);
        assertThat(test.count("idempotency_keys")).isEqualTo(1);
    }

    private void execute(String sql) {
        test.jdbi().useHandle(handle -> handle.execute(sql));
    }
}
