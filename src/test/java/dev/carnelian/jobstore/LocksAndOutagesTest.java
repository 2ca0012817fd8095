package dev.carnelian.jobstore;

import static dev.carnelian.jobstore.StoreCluster.job;
import static dev.carnelian.jobstore.StoreCluster.once;
import static dev.carnelian.jobstore.StoreCluster.schedule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.jobstore.RunLog.PlainJob;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.quartz.CronScheduleBuilder;
import org.quartz.JobDetail;
import org.quartz.JobPersistenceException;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.spi.OperableTrigger;

/** What waits for what, and what happens while the database is away. */
class LocksAndOutagesTest {
    private final StoreCluster cluster = new StoreCluster();
    private final JobDetail job = job(PlainJob.class, "job");

    @AfterEach
    void close() {
        cluster.close();
    }

    private List<OneShot> shots(String prefix, int number) {
        return IntStream.range(0, number)
                .mapToObj(i -> new OneShot(StoreCluster.key(prefix + i), job.getKey(), null, i % 3, Map.of()))
                .toList();
    }

    private static Connection transaction() throws Exception {
        Connection connection = StoreCluster.connection();
        connection.setAutoCommit(false);
        return connection;
    }

    // 27: a tenth of the thirty thousand, for the time's sake.
    @Test
    void aBacklogDrainsBesideOpenTransactionsWithoutADeadlock() throws Exception {
        StoreNode a = cluster.node("a", 8, store -> {});
        StoreNode b = cluster.node("b", 8, store -> {});
        StoreCluster.store(a, job);
        String deadlocks = deadlocks();
        try (Connection open = transaction()) {
            try (Connection fill = StoreCluster.connection()) {
                a.store().storeOneShots(fill, shots("t", 3_000));
            }
            // Held until everything else is done: the store must not wait for it.
            a.store().storeOneShots(open, shots("open", 10));
            assertThat(a.store().removeUnclaimed(open, StoreCluster.key("t0"))).isTrue();
            a.start();
            b.start();
            CompletableFuture<Void> api = CompletableFuture.runAsync(this::storeAndRemove);
            cluster.runs().await(2_999 + 100, Duration.ofSeconds(20));
            api.get(10, TimeUnit.SECONDS);
            open.commit();
        }
        a.store().wake();
        cluster.runs().await(2_999 + 100 + 10);
        cluster.awaitQuiet();
        assertThat(cluster.runs().triggers()).doesNotContain("t0").doesNotHaveDuplicates();
        assertThat(deadlocks()).isEqualTo(deadlocks);
    }

    private void storeAndRemove() {
        try {
            StoreNode api = cluster.node("api");
            for (int i = 0; i < 100; i++) {
                try (Connection connection = transaction()) {
                    api.store().storeOneShots(connection, shots("api" + i + "-", 2));
                    assertThat(api.store().removeUnclaimed(connection, StoreCluster.key("api" + i + "-1")))
                            .isTrue();
                    boolean unused = api.store().removeUnclaimed(connection, StoreCluster.key("t" + 29 * i));
                    connection.rollback();
                    api.store().storeOneShots(connection, shots("api" + i + "-", 1));
                    connection.commit();
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private String deadlocks() throws Exception {
        return cluster.strings("SELECT deadlocks FROM pg_stat_database WHERE ? <> '' AND datname = current_database()")
                .get(0);
    }

    // 28
    @Test
    void aTransactionThatSchedulesHoldsNobodyUpAndLeavesNothingWhenItRollsBack() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        node.start();
        try (Connection open = transaction()) {
            node.store().storeOneShots(open, shots("t", 5));
            // Everything that takes the store's lock goes on beside it.
            schedule(node, once("other", job));
            cluster.runs().await(1, Duration.ofSeconds(5));
            node.scheduler().pauseAll();
            node.scheduler().resumeAll();
            open.rollback();
        }
        cluster.awaitQuiet();
        assertThat(cluster.runs().triggers()).containsExactly("other");
    }

    // 28, 29: the caller's connection is all it takes.
    @Test
    void storingInTheCallersTransactionAsksForNoConnectionAndWakesNobody() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        int before = node.source().attempts();
        try (Connection open = transaction()) {
            node.store().storeOneShots(open, shots("t", 5));
            assertThat(node.store().removeUnclaimed(open, StoreCluster.key("t1")))
                    .isTrue();
            open.commit();
        }
        assertThat(node.source().attempts()).isEqualTo(before);
        assertThat(cluster.count("qrtz_triggers")).isEqualTo(4);
    }

    @Test
    void whereNoOneShotIsDueAClaimAsksForQuartzsTriggersAlone() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        schedule(node, once("t", job));
        int before = node.source().attempts();

        assertThat(node.claim(1)).hasSize(1);

        assertThat(node.source().attempts() - before).as("a look and a claim").isEqualTo(2);
    }

    @Test
    void aLookThatFailsDoesNotKeepQuartzsTriggersBack() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        node.source().loseCommits(1);
        assertThatThrownBy(() -> node.claim(1)).isInstanceOf(JobPersistenceException.class);

        schedule(node, once("t", job));
        node.source().loseCommits(1);
        assertThat(node.claim(1)).hasSize(1);
    }

    @Test
    void aOneShotThatCouldNotBeReleasedIsInTheNextClaim() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        try (Connection connection = StoreCluster.connection()) {
            node.store().storeOneShots(connection, shots("one", 1));
        }
        OperableTrigger claimed = node.claim(1).get(0);
        node.source().cut();
        node.store().releaseAcquiredTrigger(claimed);
        node.source().mend();

        assertThat(node.claim(1)).hasSize(1);
    }

    // 30
    @Test
    void anOutageIsNotStormedAndEndsWithoutARestart() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        node.store().setDbRetryInterval(1_000);
        node.start();
        schedule(node, once("before", job));
        cluster.runs().await(1);
        node.source().cut();
        int before = node.source().attempts();
        Thread.sleep(3_000);
        assertThat(node.source().attempts() - before).isLessThanOrEqualTo(15);

        node.source().mend();
        try (Connection connection = StoreCluster.connection()) {
            node.store().storeOneShots(connection, shots("after", 1));
        }
        cluster.runs().await(2, Duration.ofSeconds(5));
        cluster.awaitQuiet();
    }

    @Test
    void aNodeThatRegainsItsLeaseClaimsAtOnce() throws Exception {
        StoreNode node = cluster.sleeper("node").start();
        StoreCluster.store(node, job);
        StoreCluster.await("the lease", () -> node.store().holdsLease());
        node.pauseCheckIn();
        StoreCluster.await("the end of the lease", () -> !node.store().holdsLease());
        try (Connection connection = StoreCluster.connection()) {
            node.store().storeOneShots(connection, shots("t", 1));
        }
        node.store().wake();
        Thread.sleep(500);
        assertThat(cluster.count("qrtz_triggers"))
                .as("not claimed without a lease")
                .isEqualTo(1);

        node.resumeCheckIn();
        cluster.runs().await(1, Duration.ofSeconds(5));
        cluster.awaitQuiet();
    }

    // 31
    @Test
    void twoSchedulersInOneProcessKeepTheirConnectionsApart() throws Exception {
        StoreNode a = cluster.node("a");
        StoreNode b = cluster.node("b");
        StoreCluster.store(b, job);
        b.start();
        a.source().cut();
        schedule(b, once("t1", job));
        cluster.runs().await(1);
        a.close();
        schedule(b, once("t2", job));
        cluster.runs().await(2);
        assertThat(cluster.runs().done()).allMatch(ran -> ran.node().equals("b"));
    }

    // 32: how much faster two nodes are is measured by the benchmark; here, that nothing makes them wait for each
    // other.
    @Test
    void oneShotsAreClaimedAndEndedWhileAPeerHoldsTheStoresLock() throws Exception {
        StoreNode holder = cluster.node("holder");
        StoreNode worker = cluster.node("worker");
        StoreCluster.store(worker, job);
        worker.start();
        StoreCluster.await("the lease", () -> worker.store().holdsLease());
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        CompletableFuture<Void> lock = CompletableFuture.runAsync(() -> hold(holder, held, done));
        held.await();
        try (Connection connection = StoreCluster.connection()) {
            worker.store().storeOneShots(connection, shots("t", 20));
        }
        worker.store().wake();
        cluster.runs().await(20, Duration.ofSeconds(5));
        cluster.awaitQuiet();
        assertThat(lock).isNotDone();
        done.countDown();
        lock.get(5, TimeUnit.SECONDS);
    }

    private static void hold(StoreNode node, CountDownLatch held, CountDownLatch done) {
        try {
            node.store().underLock(() -> {
                held.countDown();
                return done.await(10, TimeUnit.SECONDS);
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    // 33
    @Test
    void aReaderSeesATriggerThroughAllReschedules() throws Exception {
        StoreNode node = cluster.node("node");
        StoreNode reader = cluster.node("reader");
        StoreCluster.store(node, job);
        schedule(node, once("t", job, 60_000, 5));
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Integer> reading = CompletableFuture.supplyAsync(() -> read(reader, stop));
        for (int i = 0; i < 60; i++) {
            Trigger next = i % 2 == 0
                    ? TriggerBuilder.newTrigger()
                            .withIdentity("t")
                            .forJob(job)
                            .withSchedule(CronScheduleBuilder.cronSchedule("0 0 0 1 1 ?"))
                            .build()
                    : once("t", job, 60_000, 5);
            assertThat(node.scheduler().rescheduleJob(StoreCluster.key("t"), next))
                    .isNotNull();
        }
        stop.set(true);
        assertThat(reading.get(5, TimeUnit.SECONDS)).isPositive();
    }

    private static int read(StoreNode node, AtomicBoolean stop) {
        int reads = 0;
        try {
            while (!stop.get()) {
                assertThat(node.scheduler().getTrigger(StoreCluster.key("t"))).isNotNull();
                assertThat(node.scheduler().checkExists(StoreCluster.key("t"))).isTrue();
                reads++;
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return reads;
    }
}
