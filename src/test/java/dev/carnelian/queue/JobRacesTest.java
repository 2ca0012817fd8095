package dev.carnelian.queue;

import static dev.carnelian.queue.TestQueue.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JobRacesTest {
    private static final int ROUNDS = 30;

    private final TestQueue test = new TestQueue();
    private final ExecutorService callers = Executors.newFixedThreadPool(4);

    @AfterEach
    void stop() {
        callers.shutdownNow();
    }

    @Test
    void fourRerunsAtOnceMakeFourJobs() throws Exception {
        JobId id = test.enqueue("export").id();
        test.complete(id, "{}");
        Callable<Boolean> rerun = () -> rerun(id);

        assertThat(atOnce(List.of(rerun, rerun, rerun, rerun))).containsOnly(true);

        assertThat(test.count("jobs")).isEqualTo(5);
        assertThat(test.count("test_triggers")).isEqualTo(4);
    }

    @Test
    void aCancelAndAClaimAtOnceEndInOneOfTheTwo() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            JobId id = test.enqueue("export").id();

            List<Boolean> won = atOnce(List.of(() -> test.start(id) != null, () -> cancel(id)));

            Job job = test.find(id);
            assertThat(won.get(1)).isTrue();
            assertThat(job.status()).isEqualTo(won.get(0) ? JobStatus.RUNNING : JobStatus.CANCELLED);
            assertThat(job.times().cancelRequested()).isNotNull();
        }
        assertThat(test.count("test_triggers")).isZero();
    }

    @Test
    void aCancelAndACompletionAtOnceGiveOneFinalStatus() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            JobId id = test.enqueue("export").id();
            String run = test.start(id);
            Callable<Boolean> finish = () -> {
                test.finish(id, run, new Outcome.Completed("{}", Report.empty(id, "", 1)));
                return true;
            };

            List<Boolean> won = atOnce(List.of(finish, () -> cancel(id), () -> cancel(id)));

            // A cancel that was accepted is kept, and one that came too late was refused.
            boolean accepted = won.get(1) || won.get(2);
            assertThat(test.find(id).status()).isEqualTo(accepted ? JobStatus.CANCELLED : JobStatus.COMPLETED);
        }
    }

    @Test
    void aRerunAndACancelAtOnceNeverRerunACancelledJob() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            JobId id = test.enqueue("export").id();

            List<Boolean> won = atOnce(List.of(() -> rerun(id), () -> cancel(id)));

            assertThat(won).containsExactly(false, true);
        }
        assertThat(test.count("jobs")).isEqualTo(ROUNDS);
    }

    private boolean rerun(JobId id) {
        return accepted(() -> test.queue().rerun(Rerun.of(ACME, id), Optional.empty(), JobRacesTest::answer));
    }

    private boolean cancel(JobId id) {
        return accepted(() -> test.queue().cancel(new JobRef(ACME, id), null, Optional.empty(), JobRacesTest::answer));
    }

    private static boolean accepted(Runnable request) {
        try {
            request.run();
            return true;
        } catch (RefusedException e) {
            return false;
        }
    }

    private static Answer answer(Job job) {
        return Answer.of(200, null, "{}");
    }

    private List<Boolean> atOnce(List<Callable<Boolean>> calls) throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(calls.size());
        List<Future<Boolean>> futures = new ArrayList<>();
        for (Callable<Boolean> call : calls) {
            futures.add(callers.submit(() -> {
                barrier.await();
                return call.call();
            }));
        }
        List<Boolean> results = new ArrayList<>();
        for (Future<Boolean> future : futures) {
            results.add(future.get());
        }
        return results;
    }
}
