package dev.carnelian.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carnelian.job.JobId;
import dev.carnelian.queue.TestQueue;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LongPollsTest {
    private final TestQueue test = new TestQueue();
    private final LongPolls polls = new LongPolls(test.jobs());
    private final AtomicInteger answers = new AtomicInteger();

    @Test
    void everybodyIsAnsweredOnceWhenTheNodeStops() throws Exception {
        polls.start();
        JobId job = test.enqueue("export").id();
        for (int i = 0; i < 100; i++) {
            assertThat(polls.await(job, Duration.ofMinutes(1), answers::incrementAndGet))
                    .isTrue();
        }

        polls.stop();

        assertThat(answers).hasValue(100);
        assertThat(polls.await(job, Duration.ofMinutes(1), answers::incrementAndGet))
                .isFalse();
    }

    @Test
    void aJobThatIsDeletedEndsTheWait() throws Exception {
        polls.start();

        polls.await(JobId.next(), Duration.ofMinutes(1), answers::incrementAndGet);

        await().atMost(Duration.ofSeconds(10)).until(() -> answers.get() == 1);
        polls.stop();
    }

    @Test
    void thereIsRoomForAFewThousandAndNoMore() {
        JobId job = JobId.next();
        int accepted = 0;
        while (accepted < 5_000 && polls.await(job, Duration.ofMinutes(1), answers::incrementAndGet)) {
            accepted++;
        }

        assertThat(accepted).isEqualTo(2_000);
    }
}
