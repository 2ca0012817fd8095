package dev.carnelian.jobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.carnelian.jobstore.BatchThreadPool.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatchThreadPoolTest {
    private static final long STOP_WAIT_MILLIS = 20_000;

    private final BatchThreadPool pool = new BatchThreadPool(1);
    private final CountDownLatch release = new CountDownLatch(1);

    @BeforeEach
    void start() throws Exception {
        pool.setStopWaitMillis(STOP_WAIT_MILLIS);
        pool.initialize();
    }

    @AfterEach
    void stop() {
        release.countDown();
        pool.shutdown(true);
    }

    @Test
    void aThreadThatIsLeftBehindIsReplaced() throws Exception {
        Turn stuck = stuckTurn();
        CompletableFuture<Thread> next = run(Thread::currentThread);
        assertThat(next).isNotDone();

        stuck.leaveBehind();

        assertThat(next.get()).isNotSameAs(Thread.currentThread());
        assertThat(pool.blockForAvailableThreads()).isPositive();
    }

    @Test
    void aThreadThatComesBackEndsInsteadOfAddingToThePool() throws Exception {
        CompletableFuture<Thread> first = run(Thread::currentThread);
        Thread thread = first.get();
        stuckTurn().leaveBehind();
        // Busy, as an idle one may end in the other's place.
        CountDownLatch busy = new CountDownLatch(1);
        CompletableFuture<Thread> replacement = new CompletableFuture<>();
        pool.runInThread(() -> {
            replacement.complete(Thread.currentThread());
            waitFor(busy);
        });
        assertThat(replacement.get()).isNotSameAs(thread);

        release.countDown();

        thread.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(thread.isAlive()).isFalse();
        busy.countDown();
        assertThat(run(Thread::currentThread).get()).isSameAs(replacement.get());
    }

    @Test
    void toLeaveATurnBehindThatIsOverChangesNothing() throws Exception {
        Turn over = run(BatchThreadPool::turn).get();
        Thread thread = run(Thread::currentThread).get();

        over.leaveBehind();
        over.leaveBehind();

        assertThat(run(Thread::currentThread).get()).isSameAs(thread);
        stuckTurn();
        assertThat(run(Thread::currentThread)).isNotDone();
    }

    @Test
    void aStopDoesNotWaitForWhatIsLeftBehind() throws Exception {
        stuckTurn().leaveBehind();
        Instant asked = Instant.now();

        pool.shutdown(true);

        assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofMillis(STOP_WAIT_MILLIS / 2));
    }

    @Test
    void aStopWaitsForARunThatHasBegunAndForNoOther() throws Exception {
        stuckTurn();
        CompletableFuture<Thread> waiting = run(Thread::currentThread);
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> pool.shutdown(true));
        Awaitility.await().until(() -> !pool.runInThread(() -> {}));
        assertThat(stopped).isNotDone();

        release.countDown();

        stopped.get(10, TimeUnit.SECONDS);
        assertThat(waiting).isNotDone();
    }

    @Test
    void onlyThePoolsThreadsHaveATurn() {
        assertThatNullPointerException().isThrownBy(BatchThreadPool::turn);
    }

    private Turn stuckTurn() throws Exception {
        CompletableFuture<Turn> turn = new CompletableFuture<>();
        pool.runInThread(() -> {
            turn.complete(BatchThreadPool.turn());
            waitFor(release);
        });
        return turn.get();
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    private <T> CompletableFuture<T> run(Supplier<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        pool.runInThread(() -> result.complete(task.get()));
        return result;
    }
}
