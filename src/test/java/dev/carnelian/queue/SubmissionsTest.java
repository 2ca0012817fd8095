package dev.carnelian.queue;

import static dev.carnelian.queue.TestQueue.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.RefusedException.Reason;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

class SubmissionsTest {
    private static final int LARGE = 256 * 1024;
    /** So many of these may wait, and nothing else. */
    private static final int MOST_LARGE = 128;

    private final TestQueue test = new TestQueue();

    @Test
    void jobsSubmittedAtOnceShareCommitsAndEachCallerGetsHisOwn() throws Exception {
        CountingTriggers triggers = new CountingTriggers();
        try (Submissions submissions = started(triggers)) {
            List<Future<Job>> answers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                answers.add(submissions.submit(job(i % 100)));
            }

            Set<JobId> ids = new HashSet<>();
            for (int i = 0; i < answers.size(); i++) {
                Job job = answers.get(i).get();
                assertThat(job.settings().priority()).isEqualTo(i % 100);
                assertThat(test.find(job.id()).settings().priority()).isEqualTo(i % 100);
                ids.add(job.id());
            }

            assertThat(ids).hasSize(100);
            assertThat(test.count("test_triggers")).isEqualTo(100);
            assertThat(triggers.sizes).hasSizeLessThan(50);
        }
    }

    @Test
    void aJobThatCannotBeStoredFailsAloneInItsBatch() throws Exception {
        Gate gate = new Gate();
        try (Submissions submissions = started(gate)) {
            List<Future<Job>> first = submitAndAwait(submissions, gate, job(1));
            List<Future<Job>> good = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                good.add(submissions.submit(job(3)));
            }
            Future<Job> bad = submissions.submit(job(1_000_000));
            await().until(() -> submissions.waiting() == 6);
            gate.open.release();

            assertThatThrownBy(bad::get)
                    .isInstanceOf(ExecutionException.class)
                    .rootCause()
                    .hasMessageContaining("out of range");
            first.addAll(good);
            for (Future<Job> answer : first) {
                assertThat(test.find(answer.get().id())).isNotNull();
            }
            assertThat(test.count("jobs")).isEqualTo(6);
            assertThat(test.count("test_triggers")).isEqualTo(6);
        }
    }

    @Test
    void aDatabaseInTroubleFailsTheWholeBatchAndLeavesNothing() throws Exception {
        try (Submissions submissions = started(test.triggers())) {
            test.jdbi().useHandle(handle -> handle.execute("ALTER TABLE test_triggers RENAME TO gone"));
            assertThatThrownBy(submissions.submit(job(1))::get).hasStackTraceContaining("does not exist");
            assertThat(test.count("jobs")).isZero();

            test.jdbi().useHandle(handle -> handle.execute("ALTER TABLE gone RENAME TO test_triggers"));
            assertThat(submissions.submit(job(1)).get().id()).isNotNull();
        }
    }

    @Test
    void whatCannotWaitIsRefusedAndNotStored() throws Exception {
        Gate gate = new Gate();
        Submissions submissions = started(gate);
        List<Future<Job>> first = submitAndAwait(submissions, gate, job(1));
        Future<Job> waiting = submissions.submit(job(3));

        await().until(() -> submissions.waiting() == 1);
        submissions.close();
        gate.open.release();

        assertThatThrownBy(waiting::get)
                .cause()
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY));
        assertThatThrownBy(() -> submissions.submit(job(4))).isInstanceOf(RefusedException.class);
        for (Future<Job> answer : first) {
            assertThat(answer.get()).isNotNull();
        }
        assertThat(test.count("jobs")).isEqualTo(1);
    }

    @Test
    void largeInputsWaitInBoundedMemoryOnly() throws Exception {
        Gate gate = new Gate();
        try (Submissions submissions = started(gate)) {
            List<Future<Job>> accepted = submitAndAwait(submissions, gate, job(1));
            String input = "{\"text\": \"" + "x".repeat(LARGE - 12) + "\"}";
            for (int i = 0; i < MOST_LARGE; i++) {
                accepted.add(submissions.submit(job(2, input)));
            }

            assertThat(submissions.waiting()).isEqualTo(MOST_LARGE);
            assertThatThrownBy(() -> submissions.submit(job(3)))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY));
            gate.open.release();
            for (Future<Job> answer : accepted) {
                assertThat(answer.get()).isNotNull();
            }
            assertThat(submissions.submit(job(4, input)).get()).isNotNull();
            assertThat(test.count("jobs")).isEqualTo(MOST_LARGE + 2);
        }
    }

    /** Submits a job, and returns when the writer stands with it at the gate. */
    private List<Future<Job>> submitAndAwait(Submissions submissions, Gate gate, NewJob wanted)
            throws InterruptedException {
        List<Future<Job>> answers = new ArrayList<>(List.of(submissions.submit(wanted)));
        gate.reached.acquire();
        return answers;
    }

    private Submissions started(Triggers triggers) {
        Submissions submissions = new Submissions(test.queue(triggers));
        submissions.start();
        return submissions;
    }

    private static NewJob job(int priority) {
        return job(priority, "{}");
    }

    private static NewJob job(int priority, String input) {
        NewJob job = TestQueue.newJob(ACME, "export");
        return new NewJob(
                job.tenant(), job.type(), input, TestQueue.settings("default", priority, Map.of()), null, null, null);
    }

    /** The triggers of the test, of which a batch of jobs can be watched. */
    private abstract class Watched implements Triggers {
        abstract void before(List<Planned> planned);

        @Override
        public Instant schedule(Connection connection, Insert jobs, List<Planned> planned) throws SQLException {
            before(planned);
            return test.triggers().schedule(connection, jobs, planned);
        }

        @Override
        public void schedule(Connection transaction, List<Planned> planned) throws SQLException {
            test.triggers().schedule(transaction, planned);
        }

        @Override
        public void remove(Connection transaction, TenantId tenant, String type, JobId job) {}
    }

    /** Remembers how many came together. */
    private final class CountingTriggers extends Watched {
        private final ConcurrentLinkedQueue<Integer> sizes = new ConcurrentLinkedQueue<>();

        @Override
        void before(List<Planned> planned) {
            sizes.add(planned.size());
        }
    }

    /** Holds up every commit until it is opened. */
    private final class Gate extends Watched {
        private final Semaphore reached = new Semaphore(0);
        private final Semaphore open = new Semaphore(0);

        @Override
        void before(List<Planned> planned) {
            reached.release();
            open.acquireUninterruptibly();
            open.release();
        }
    }
}
