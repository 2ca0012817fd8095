package dev.carnelian.jobstore;

import static dev.carnelian.jobstore.StoreCluster.job;
import static dev.carnelian.jobstore.StoreCluster.once;
import static dev.carnelian.jobstore.StoreCluster.schedule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.jobstore.RunLog.PlainJob;
import dev.carnelian.jobstore.RunLog.Ran;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.Trigger.CompletedExecutionInstruction;
import org.quartz.impl.jdbcjobstore.SchedulerStateRecord;
import org.quartz.spi.OperableTrigger;
import org.quartz.spi.TriggerFiredResult;

/** Whose a run is. A process that is really killed or stopped by a signal: see ClusterIT. */
class OwnershipTest {
    private final StoreCluster cluster = new StoreCluster();
    private final JobDetail job = job(PlainJob.class, "job");

    @AfterEach
    void close() {
        cluster.close();
    }

    // 1
    @Test
    void aClaimThatAPeerRecoveredAndClaimedAgainDoesNotFire() throws Exception {
        StoreNode slow = cluster.node("slow");
        StoreNode peer = cluster.node("peer");
        StoreCluster.store(slow, job);
        schedule(slow, StoreCluster.repeating("t", job, 1_000));
        slow.checkInOnce();
        List<OperableTrigger> stale = slow.claim(1);

        StoreCluster.await("the lease of the slow node to end", () -> {
            peer.checkInOnce();
            return cluster.count("qrtz_fired_triggers") == 0;
        });
        List<OperableTrigger> fresh = peer.claim(1);

        assertThat(stale).hasSize(1);
        assertThat(fresh).hasSize(1);
        assertThat(bundles(slow.store().triggersFired(stale))).isZero();
        slow.store().releaseAcquiredTrigger(stale.get(0));
        assertThat(cluster.state("t")).isEqualTo("ACQUIRED");
        assertThat(bundles(peer.store().triggersFired(fresh))).isEqualTo(1);
    }

    // 1: the claim was not recovered, but the trigger was paused and resumed under it.
    @Test
    void aClaimEndsWithTheNextClaimOfTheTrigger() throws Exception {
        StoreNode slow = cluster.node("slow");
        StoreNode peer = cluster.node("peer");
        StoreCluster.store(slow, job);
        schedule(slow, StoreCluster.repeating("t", job, 60_000));
        List<OperableTrigger> stale = slow.claim(1);
        peer.scheduler().pauseTrigger(StoreCluster.key("t"));
        peer.scheduler().resumeTrigger(StoreCluster.key("t"));
        List<OperableTrigger> fresh = peer.claim(1);

        assertThat(bundles(slow.store().triggersFired(stale))).isZero();
        assertThat(bundles(peer.store().triggersFired(fresh))).isEqualTo(1);
    }

    // 2
    @Test
    void everyOneShotRunsOnceOnTwoNodesThatClaimOneByOne() throws Exception {
        runsOnceEach(1);
    }

    // 2
    @Test
    void everyOneShotRunsOnceOnTwoNodesThatClaimInBatches() throws Exception {
        runsOnceEach(8);
    }

    private void runsOnceEach(int threads) throws Exception {
        StoreNode a = cluster.node("a", threads, store -> {});
        StoreNode b = cluster.node("b", threads, store -> {});
        StoreCluster.store(a, job);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            names.add("t" + i);
            schedule(a, once("t" + i, job));
        }
        a.start();
        b.start();
        cluster.runs().await(60);
        cluster.awaitQuiet();

        assertThat(cluster.runs().triggers()).containsExactlyInAnyOrderElementsOf(names);
    }

    // 3
    @Test
    void aRunWithoutRecoveryIsNotRepeatedAfterItsNodeDied() throws Exception {
        StoreNode dead = cluster.node("dead");
        StoreCluster.store(dead, job);
        schedule(dead, once("t", job));
        dead.checkInOnce();
        assertThat(dead.fire(1)).hasSize(1);

        cluster.node("peer").start();
        cluster.awaitQuiet();
        assertThat(cluster.runs().done()).isEmpty();
    }

    // 4: the peer takes over. The process that is killed for good: ClusterIT.
    @Test
    void aRunWithRecoveryIsRepeatedOnceAfterItsNodeDied() throws Exception {
        StoreNode dead = cluster.node("dead");
        JobDetail recoverable = StoreCluster.store(dead, recoverable());
        schedule(dead, once("t", recoverable));
        dead.checkInOnce();
        assertThat(dead.fire(1)).hasSize(1);

        cluster.node("peer1").start();
        cluster.node("peer2").start();
        cluster.awaitQuiet();
        assertThat(cluster.runs().done()).hasSize(1);
    }

    // 4: the only node starts again, under its old name.
    @Test
    void aRunWithRecoveryIsRepeatedOnceWhenItsOwnNodeStartsAgain() throws Exception {
        StoreNode before = cluster.node("node");
        JobDetail recoverable = StoreCluster.store(before, recoverable());
        schedule(before, once("t", recoverable));
        before.checkInOnce();
        assertThat(before.fire(1)).hasSize(1);

        cluster.node("node").start();
        cluster.awaitQuiet();
        assertThat(cluster.runs().done()).hasSize(1);
    }

    private static JobDetail recoverable() {
        return JobBuilder.newJob(PlainJob.class)
                .withIdentity("recoverable")
                .storeDurably()
                .requestRecovery()
                .build();
    }

    // 5
    @Test
    void aNodeWhoseLeaseIsOverStartsNothingThatItClaimedBefore() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        node.store().schedulerStarted();
        StoreCluster.await("the lease", () -> node.store().holdsLease());
        schedule(node, once("t", job));
        List<OperableTrigger> claimed = node.claim(1);
        node.source().cut();
        StoreCluster.await("the lease to end", () -> !node.store().holdsLease());
        node.pauseCheckIn();
        node.source().mend();

        assertThat(claimed).hasSize(1);
        assertThat(bundles(node.store().triggersFired(claimed))).isZero();
        node.store().releaseAcquiredTrigger(claimed.get(0));
        assertThat(node.claim(1)).isEmpty();

        node.resumeCheckIn();
        StoreCluster.await("the lease again", () -> node.store().holdsLease());
        assertThat(node.claim(1)).hasSize(1);
    }

    // 5: of the fast path, what waits for a thread; of Quartz's path as well.
    @Test
    void runsThatWaitForAThreadWhenTheLeaseEndsDoNotBegin() throws Exception {
        StoreNode node = cluster.node("node", 1, store -> {});
        StoreCluster.store(node, job);
        node.start();
        // Short runs, so that the node claims ahead of its one thread.
        storeOnce(node, "warm", 100);
        cluster.runs().await(100);
        cluster.awaitQuiet();
        CountDownLatch end = new CountDownLatch(1);
        cluster.runs().does(context -> end.await());
        storeOnce(node, "t", 5);
        for (int i = 0; i < 5; i++) {
            schedule(node, once("q" + i, job));
        }
        cluster.runs().awaitRunning(1);
        StoreCluster.await("claims ahead", () -> cluster.count("qrtz_fired_triggers") > 1);
        node.source().cut();
        StoreCluster.await("the lease to end", () -> !node.store().holdsLease());
        end.countDown();
        cluster.runs().await(101);
        Thread.sleep(300); // time for another run that must not come
        assertThat(cluster.runs().done()).hasSize(101);

        node.source().mend();
        cluster.awaitQuiet();
        assertThat(cluster.runs().done()).hasSize(110);
        assertThat(cluster.runs().triggers()).doesNotHaveDuplicates();
    }

    private void storeOnce(StoreNode node, String prefix, int number) throws Exception {
        try (Connection connection = StoreCluster.connection()) {
            node.store()
                    .storeOneShots(
                            connection,
                            IntStream.range(0, number)
                                    .mapToObj(i ->
                                            new OneShot(StoreCluster.key(prefix + i), job.getKey(), null, 0, Map.of()))
                                    .toList());
        }
        node.store().wake();
    }

    // 5, 8: the late end of a run that a peer took over. A node that is stopped and goes on: ClusterIT.
    @Test
    void theLateEndOfARunThatAPeerTookOverChangesNothing() throws Exception {
        StoreNode slow = cluster.node("slow");
        StoreNode peer = cluster.node("peer");
        JobDetail recoverable = StoreCluster.store(slow, recoverable());
        schedule(slow, once("t", recoverable));
        slow.checkInOnce();
        OperableTrigger run = slow.fire(1).get(0);
        CountDownLatch end = new CountDownLatch(1);
        cluster.runs().does(context -> end.await());
        peer.start();
        cluster.runs().awaitRunning(1);

        slow.store().triggeredJobComplete(run, recoverable, CompletedExecutionInstruction.DELETE_TRIGGER);
        assertThat(cluster.strings("SELECT state FROM qrtz_fired_triggers WHERE sched_name = ?"))
                .containsExactly("EXECUTING");
        end.countDown();
        cluster.awaitQuiet();
        assertThat(cluster.runs().done()).hasSize(1);
    }

    // 6
    @Test
    void aNodeThatWasRecoveredRegistersAgainAndSaysSoOnce() throws Exception {
        AtomicInteger alarms = new AtomicInteger();
        StoreNode node = cluster.node("node", 1, store -> store.setHook(new CountingHook(alarms)));
        StoreNode peer = cluster.node("peer");
        node.start();
        StoreCluster.await("the lease", () -> node.store().holdsLease());
        node.pauseCheckIn();
        peer.start();
        StoreCluster.await("the recovery", () -> !states().contains("node"));
        node.resumeCheckIn();

        StoreCluster.await("the node to be back", () -> states().contains("node"));
        int rounds = node.source().attempts();
        StoreCluster.await("more rounds", () -> node.source().attempts() > rounds + 8);
        assertThat(alarms).hasValue(1);
        assertThat(states()).containsExactlyInAnyOrder("node", "peer");
    }

    private List<String> states() throws Exception {
        return cluster.strings("SELECT instance_name FROM qrtz_scheduler_state WHERE sched_name = ?");
    }

    // 16
    @Test
    void aSlowRecoveryLeavesTheNewRunsOfANodeThatCameBack() throws Exception {
        StoreNode node = cluster.node("node");
        StoreNode peer = cluster.node("peer");
        StoreCluster.store(node, job);
        node.checkInOnce();
        peer.checkInOnce();
        List<SchedulerStateRecord> failed = new ArrayList<>();
        try (Connection connection = StoreCluster.connection()) {
            StoreCluster.await("the lease to end", () -> {
                peer.checkInOnce();
                failed.clear();
                failed.addAll(peer.store().findFailedInstances(connection));
                return !failed.isEmpty() || !states().contains("node");
            });
            node.checkInOnce();
            schedule(node, once("t", job));
            assertThat(node.fire(1)).hasSize(1);

            connection.setAutoCommit(false);
            SchedulerStateRecord stale = new SchedulerStateRecord();
            stale.setSchedulerInstanceId("node");
            peer.store().clusterRecover(connection, List.of(stale));
            connection.commit();
        }
        assertThat(cluster.count("qrtz_fired_triggers")).isEqualTo(1);
        assertThat(states()).contains("node");
    }

    private static long bundles(List<TriggerFiredResult> results) {
        return results.stream()
                .filter(result -> result.getTriggerFiredBundle() != null)
                .count();
    }

    private record CountingHook(AtomicInteger alarms) implements StoreHook {
        @Override
        public Set<String> onFired(Connection connection, List<Run> runs) {
            return new HashSet<>();
        }

        @Override
        public void onCompleted(Connection connection, List<Run> runs, Map<String, Object> outcomes) {}

        @Override
        public Set<String> onRecovered(Connection connection, List<Run> runs) {
            return Set.of();
        }

        @Override
        public void onReleased(Connection connection, List<Run> runs) {}

        @Override
        public void onLeaseLost() {
            alarms.incrementAndGet();
        }
    }

    // 2, with a node that leaves in the middle
    @Test
    void nothingIsLostOrDoubledWhenANodeLeaves() throws Exception {
        StoreNode a = cluster.node("a", 4, store -> {});
        StoreNode b = cluster.node("b", 4, store -> {});
        StoreCluster.store(a, job);
        for (int i = 0; i < 60; i++) {
            schedule(a, once("t" + i, job));
        }
        cluster.runs().does(context -> Thread.sleep(5));
        a.start();
        b.start();
        cluster.runs().await(10);
        a.close();
        cluster.awaitQuiet();

        assertThat(cluster.runs().done().stream().map(Ran::trigger).distinct()).hasSize(60);
        assertThat(cluster.runs().done()).hasSize(60);
    }
}
