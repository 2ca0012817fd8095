package dev.carnelian.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Job;
import dev.carnelian.queue.JobQueue;
import dev.carnelian.queue.JobRef;
import dev.carnelian.queue.Jobs;
import dev.carnelian.queue.TestQueue;
import dev.carnelian.queue.Triggers;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClusterTest {
    private final TestDatabase database = TestDatabase.migrated();
    private TestNode node;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(database, "one", 4);
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    @Test
    void aJobRunsOnceAndLeavesNoTrigger() throws Exception {
        node.started();
        JobId id = node.enqueue("complete", 50);

        Job job = node.await(id, JobStatus.COMPLETED);

        assertThat(job.result()).isEqualTo("{\"attempt\":1}");
        assertThat(job.attempt()).isEqualTo(1);
        assertThat(job.node()).isEqualTo("one");
        assertThat(node.handler().started()).containsExactly(id);
        assertThat(node.count("qrtz_triggers")).isZero();
        assertThat(node.count("qrtz_simple_triggers")).isZero();
        assertThat(node.count("qrtz_fired_triggers")).isZero();
    }

    @Test
    void aRerunOfFailedItemsDoesJustThose() throws Exception {
        node.started();
        JobId id = node.enqueue("items", 0);
        node.await(id, JobStatus.COMPLETED);

        JobId rerun = node.rerunFailedItems(id);
        node.await(rerun, JobStatus.COMPLETED);

        JobRef job = new JobRef(new TenantId("acme"), rerun);
        assertThat(new Jobs(node.jdbi()).items(job, null, -1, 10).orElseThrow())
                .extracting(Job.Item::name)
                .containsExactly("b", "c");
    }

    @Test
    void jobAndTriggerVanishTogether() {
        JobId kept = node.enqueue("complete", 0);
        assertThat(node.count("qrtz_triggers")).isOne();

        Triggers failing = TestQueue.twice(node.cluster().triggers());
        JobQueue broken = new JobQueue(node.jdbi(), failing, node.cluster().signals());
        assertThatThrownBy(() -> broken.enqueue(node.newJob("complete", 0))).hasStackTraceContaining("duplicate key");

        assertThat(node.count("jobs")).isOne();
        assertThat(node.count("qrtz_triggers")).isOne();
        assertThat(node.find(kept).status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    void aRetryableFailureIsRetriedUntilTheAttemptsAreUsedUp() throws Exception {
        node.started();
        JobId id = node.enqueue("retry", 0);

        Job job = node.await(id, JobStatus.FAILED);

        assertThat(job.attempt()).isEqualTo(3);
        assertThat(job.result()).contains("\"code\":\"handler_error\"").contains("\"attempt\":3");
        assertThat(node.handler().started()).hasSize(3);
        assertThat(node.count("job_attempts")).isEqualTo(2);
        assertThat(node.count("qrtz_triggers")).isZero();
    }

    @Test
    void aHandlerThatSaysWhenToRetryIsHeededForADay() throws Exception {
        node.started();
        JobId id = node.enqueue("later", 0);

        Job job = Awaitility.await().until(() -> node.find(id), found -> found.failure() != null);

        assertThat(job.status()).isEqualTo(JobStatus.PENDING);
        assertThat(Duration.between(Instant.now(), job.times().runAt()))
                .isBetween(Duration.ofHours(24).minusMinutes(1), Duration.ofHours(24));
    }

    @Test
    void aPermanentFailureIsNotRetried() throws Exception {
        node.started();
        JobId id = node.enqueue("fail", 0);

        Job job = node.await(id, JobStatus.FAILED);

        assertThat(job.attempt()).isEqualTo(1);
        assertThat(job.result()).contains("\"code\":\"broken\"").contains("\"retryable\":false");
    }

    @Test
    void anAttemptThatTakesTooLongIsATimeout() throws Exception {
        node.started();
        JobId id = node.enqueue("complete", 60_000);
        Job job = node.await(id, JobStatus.FAILED);
        assertThat(job.result()).contains("\"code\":\"timeout\"");
    }

    @Test
    void aRunningJobIsCancelled() throws Exception {
        node.started();
        JobId id = node.enqueue("complete", 2_900);
        node.await(id, JobStatus.RUNNING);
        Instant asked = Instant.now();

        node.cancel(id);
        Job job = node.await(id, JobStatus.CANCELLED);

        assertThat(job.result()).isNull();
        assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void aHandlerThatIgnoresItsInterruptIsLeftBehind() throws Exception {
        node.started();
        JobId id = node.enqueue("stubborn", 2_900);
        node.await(id, JobStatus.RUNNING);

        node.cancel(id);

        node.await(id, JobStatus.CANCELLED);
        assertThat(node.cluster().health().abandoned()).isOne();
        assertThat(node.cluster().health().running()).isZero();
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(node.cluster().health().abandoned()).isZero());
        assertThat(node.find(id).status()).isEqualTo(JobStatus.CANCELLED);
    }

    @Test
    void aNodeWhoseOnlyThreadIsLeftBehindGoesOn() throws Exception {
        try (TestNode single = new TestNode(database, "single", 1).started()) {
            JobId stubborn = single.enqueue("stubborn", 20_000);
            JobId next = single.enqueue("complete", 0);
            single.await(stubborn, JobStatus.RUNNING);

            single.cancel(stubborn);

            single.await(stubborn, JobStatus.CANCELLED);
            single.await(next, JobStatus.COMPLETED);
            assertThat(single.cluster().health().abandoned()).isOne();
        }
    }

    @Test
    void aPendingJobIsCancelledAtOnceAndNeverRuns() throws Exception {
        JobId id = node.enqueue("complete", 0);

        node.cancel(id);

        assertThat(node.find(id).status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(node.count("qrtz_triggers")).isZero();
        node.started();
        JobId next = node.enqueue("complete", 0);
        node.await(next, JobStatus.COMPLETED);
        assertThat(node.handler().started()).containsExactly(next);
    }

    @Test
    void aJobCancelledBetweenItsClaimAndItsStartDoesNotRun() throws Exception {
        JobId id = node.enqueue("complete", 0);
        // A claim that is under way holds the trigger; the cancel does not wait for it, and leaves it alone.
        try (Connection claim = database.dataSource().getConnection();
                Statement statement = claim.createStatement()) {
            claim.setAutoCommit(false);
            statement.execute("SELECT 1 FROM qrtz_triggers FOR UPDATE");
            node.cancel(id);
            claim.rollback();
        }
        assertThat(node.count("qrtz_triggers")).isOne();

        node.started();
        Awaitility.await()
                .untilAsserted(() -> assertThat(node.count("qrtz_triggers")).isZero());

        assertThat(node.handler().started()).isEmpty();
        assertThat(node.find(id).status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(node.count("qrtz_fired_triggers")).isZero();
    }

    @Test
    void aDelayedJobWaits() throws Exception {
        node.started();
        JobId id = node.enqueue("complete", 0, 0, Duration.ofMillis(1_500));

        Job job = node.await(id, JobStatus.COMPLETED);

        Duration waited = Duration.between(job.times().created(), job.times().started());
        assertThat(waited).isBetween(Duration.ofMillis(1_500), Duration.ofMillis(3_500));
    }

    @Test
    void priorityDecidesAmongDueJobs() throws Exception {
        JobId low = node.enqueue("complete", 0, -5, null);
        JobId normal = node.enqueue("complete", 0, 0, null);
        JobId high = node.enqueue("complete", 0, 100, null);
        TestNode single = new TestNode(database, "single", 1).started();
        try {
            single.await(low, JobStatus.COMPLETED);
            assertThat(single.handler().started()).containsExactly(high, normal, low);
        } finally {
            single.close();
        }
    }

    @Test
    void aFloodOfOneTenantDoesNotStarveAnother() throws Exception {
        for (int i = 0; i < 200; i++) {
            node.enqueue("complete", 20, 50, null);
        }
        TenantId other = new TenantId("other");
        List<JobId> few = List.of(node.enqueue(other, "complete", 20), node.enqueue(other, "complete", 20));
        try (TestNode small = new TestNode(database, "small", 2).started()) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> small.handler().started().containsAll(few));

            assertThat(small.handler().started().size())
                    .as("jobs begun until the two of the other tenant were, though they came last and are less urgent")
                    .isLessThan(20);
        }
    }

    @Test
    void shortJobsClaimedAheadDoNotWaitBehindLongOnes() throws Exception {
        TestNode busy = new TestNode(database, "busy", 2).started();
        try {
            node.started();
            node.cluster().drain();
            for (int i = 0; i < 100; i++) {
                busy.enqueue("complete", 0);
            }
            Awaitility.await().until(() -> busy.handler().started().size() == 100);
            List<JobId> endless = List.of(busy.enqueueEndless(), busy.enqueueEndless());
            List<JobId> shorts = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                shorts.add(busy.enqueue("complete", 0));
            }
            endless.forEach(id -> busy.await(id, JobStatus.RUNNING));

            node.cluster().resume();

            shorts.forEach(id -> node.await(id, JobStatus.COMPLETED));
            assertThat(endless)
                    .allSatisfy(id -> assertThat(node.find(id).status()).isEqualTo(JobStatus.RUNNING));
            endless.forEach(busy::cancel);
        } finally {
            busy.close();
        }
    }

    @Test
    void aDrainingNodeHandsBackWhatDoesNotEndInTimeAndAnotherTakesItUp() throws Exception {
        TestNode leaving = new TestNode(database, TestNode.configuration("leaving", 2, "200ms")).started();
        JobId id = leaving.enqueue("complete", 1_500);
        leaving.await(id, JobStatus.RUNNING);
        node.started();

        leaving.close();

        Job job = node.await(id, JobStatus.COMPLETED);
        assertThat(job.node()).isEqualTo("one");
        assertThat(job.attempt())
                .as("the attempt that was handed back does not count")
                .isEqualTo(1);
        assertThat(new NodeList(node.jdbi(), Duration.ofSeconds(3)).list())
                .extracting(NodeList.Node::id)
                .containsExactly("one");
    }

    @Test
    void aRunThatWasTakenOverChangesNothing() throws Exception {
        node.started();
        JobId id = node.enqueue("complete", 1_000);
        Job running = node.await(id, JobStatus.RUNNING);
        // What a peer does to a node it holds to be dead, but for starting the job itself.
        node.jdbi().useTransaction(handle -> {
            handle.execute("DELETE FROM qrtz_fired_triggers");
            handle.execute("UPDATE jobs SET run_id = 'somebody else', node = 'two', attempt = 2");
        });

        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(node.cluster().health().running()).isZero());

        Job after = node.find(id);
        assertThat(running.attempt()).isEqualTo(1);
        assertThat(after.status()).isEqualTo(JobStatus.RUNNING);
        assertThat(after.node()).isEqualTo("two");
        assertThat(after.result()).isNull();
    }

    @Test
    void twoNodesOfOneNameGetDifferentNames() throws Exception {
        try (TestNode twin = new TestNode(database, "one", 1)) {
            assertThat(twin.cluster().node()).startsWith("one-").isNotEqualTo("one");
        }
    }
}
