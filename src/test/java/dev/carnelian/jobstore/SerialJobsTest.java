package dev.carnelian.jobstore;

import static dev.carnelian.jobstore.StoreCluster.job;
import static dev.carnelian.jobstore.StoreCluster.once;
import static dev.carnelian.jobstore.StoreCluster.schedule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.jobstore.RunLog.PlainJob;
import dev.carnelian.jobstore.RunLog.Ran;
import dev.carnelian.jobstore.RunLog.SerialJob;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionException;
import org.quartz.Trigger.CompletedExecutionInstruction;
import org.quartz.spi.OperableTrigger;

/** Jobs that must not run twice at once. */
class SerialJobsTest {
    private final StoreCluster cluster = new StoreCluster();
    private final JobDetail serial = job(SerialJob.class, "serial");

    @AfterEach
    void close() {
        cluster.close();
    }

    // 7
    @Test
    void fortyTriggersOfASerialJobOnTwoNodesNeverOverlap() throws Exception {
        StoreNode a = cluster.node("a", 8, store -> {});
        StoreNode b = cluster.node("b", 8, store -> {});
        StoreCluster.store(a, serial);
        for (int i = 0; i < 40; i++) {
            schedule(a, once("t" + i, serial));
        }
        cluster.runs().does(context -> Thread.sleep(3));
        a.start();
        b.start();
        cluster.runs().await(40);
        cluster.awaitQuiet();

        assertThat(cluster.runs().mostAtOnce()).isEqualTo(1);
        assertThat(cluster.runs().done()).hasSize(40);
    }

    // 7: what stock Quartz does wrong, step by step.
    @Test
    void aClaimGivenBackDoesNotUnblockItsTriggerWhileASiblingRuns() throws Exception {
        StoreNode a = cluster.node("a");
        StoreNode b = cluster.node("b");
        StoreCluster.store(a, serial);
        schedule(a, once("t1", serial));
        List<OperableTrigger> first = a.claim(1);
        schedule(a, once("t2", serial));
        List<OperableTrigger> second = b.claim(1);
        assertThat(a.store().triggersFired(first).get(0).getTriggerFiredBundle())
                .isNotNull();

        assertThat(b.store().triggersFired(second).get(0).getTriggerFiredBundle())
                .isNull();
        b.store().releaseAcquiredTrigger(second.get(0));
        assertThat(cluster.state("t2")).isEqualTo("BLOCKED");

        a.store().triggeredJobComplete(first.get(0), serial, CompletedExecutionInstruction.DELETE_TRIGGER);
        assertThat(cluster.state("t2")).isEqualTo("WAITING");
    }

    // 8
    @Test
    void theLateEndOfARecoveredRunUnblocksNothing() throws Exception {
        StoreNode slow = cluster.node("slow");
        StoreNode peer = cluster.node("peer");
        JobDetail recoverable = StoreCluster.store(
                slow,
                JobBuilder.newJob(SerialJob.class)
                        .withIdentity("recoverable")
                        .storeDurably()
                        .requestRecovery()
                        .build());
        schedule(slow, once("t1", recoverable));
        slow.checkInOnce();
        OperableTrigger run = slow.fire(1).get(0);
        CountDownLatch end = new CountDownLatch(1);
        cluster.runs().does(context -> end.await());
        peer.start();
        cluster.runs().awaitRunning(1);
        schedule(slow, once("t2", recoverable));
        assertThat(cluster.state("t2")).isEqualTo("BLOCKED");

        slow.store().triggeredJobComplete(run, recoverable, CompletedExecutionInstruction.DELETE_TRIGGER);
        assertThat(cluster.state("t2")).isEqualTo("BLOCKED");
        end.countDown();
        cluster.awaitQuiet();
        assertThat(cluster.runs().mostAtOnce()).isEqualTo(1);
        assertThat(cluster.runs().done()).hasSize(2);
    }

    // 9
    @Test
    void replacingATriggerOfARunningSerialJobStartsNoSecondRun() throws Exception {
        StoreNode a = cluster.node("a");
        StoreNode b = cluster.node("b");
        StoreCluster.store(a, serial);
        schedule(a, StoreCluster.repeating("t", serial, 100));
        CountDownLatch end = new CountDownLatch(1);
        cluster.runs().does(context -> end.await());
        a.start();
        b.start();
        cluster.runs().awaitRunning(1);
        for (int i = 0; i < 3; i++) {
            var unused = b.scheduler().rescheduleJob(StoreCluster.key("t"), once("t", serial));
            schedule(b, once("more" + i, serial));
            Thread.sleep(50); // time for a second run that must not come
        }
        assertThat(cluster.runs().running()).isEqualTo(1);
        end.countDown();
        cluster.awaitQuiet();
        assertThat(cluster.runs().mostAtOnce()).isEqualTo(1);
        assertThat(cluster.runs().done()).hasSize(5);
    }

    // 9: a trigger that came into the table without a look at the job, as one stored without the lock does.
    @Test
    void aWaitingTriggerOfARunningSerialJobIsBlockedWhenItWouldFire() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, serial);
        schedule(node, once("t1", serial));
        assertThat(node.fire(1)).hasSize(1);
        schedule(node, once("t2", serial));
        assertThat(cluster.change("UPDATE qrtz_triggers SET trigger_state = 'WAITING' WHERE sched_name = ?"
                        + " AND trigger_name = 't2'"))
                .isEqualTo(1);

        List<OperableTrigger> claimed = node.claim(1);
        assertThat(node.store().triggersFired(claimed).get(0).getTriggerFiredBundle())
                .isNull();
        assertThat(cluster.state("t2")).isEqualTo("BLOCKED");
    }

    // 10
    @Test
    void aSerialJobThatThrowsIsRunnableAgain() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, serial);
        schedule(node, once("t1", serial));
        schedule(node, once("t2", serial));
        cluster.runs().does(context -> {
            throw new JobExecutionException("on purpose");
        });
        node.start();
        cluster.runs().await(2);
        cluster.awaitQuiet();
    }

    // 10, 4
    @Test
    void aSerialJobWhoseNodeDiedIsRunnableAfterTheLease() throws Exception {
        StoreNode dead = cluster.node("dead");
        StoreCluster.store(dead, serial);
        dead.checkInOnce();
        schedule(dead, once("t1", serial));
        assertThat(dead.fire(1)).hasSize(1);
        schedule(dead, once("t2", serial));
        assertThat(cluster.state("t2")).isEqualTo("BLOCKED");
        cluster.node("peer").start();

        cluster.runs().await(1, StoreNode.LEASE.plus(Duration.ofSeconds(3)));
        assertThat(cluster.runs().triggers()).containsExactly("t2");
        cluster.awaitQuiet();
    }

    // 10, 12
    @Test
    void aSerialRunThatEndsWhileTheDatabaseIsAwayUnblocksWhenItIsBack() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, serial);
        schedule(node, once("t1", serial));
        CountDownLatch end = new CountDownLatch(1);
        cluster.runs().does(context -> end.await());
        node.start();
        cluster.runs().awaitRunning(1);
        schedule(node, once("t2", serial));
        node.source().cut();
        end.countDown();
        cluster.runs().await(1);
        assertThat(cluster.state("t2")).isEqualTo("BLOCKED");
        node.source().mend();

        cluster.runs().await(2);
        cluster.awaitQuiet();
    }

    // 10: a pause in between is kept.
    @Test
    void aPausedTriggerOfASerialJobStaysPausedWhenTheRunEnds() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, serial);
        schedule(node, once("t1", serial));
        List<OperableTrigger> fired = node.fire(1);
        schedule(node, once("t2", serial));
        node.scheduler().pauseTrigger(StoreCluster.key("t2"));
        assertThat(cluster.state("t2")).isEqualTo("PAUSED_BLOCKED");

        node.store().triggeredJobComplete(fired.get(0), serial, CompletedExecutionInstruction.DELETE_TRIGGER);
        assertThat(cluster.state("t2")).isEqualTo("PAUSED");
    }

    // 26
    @Test
    void triggersOfEqualTimeRunInTheOrderOfPriorityWithSerialJobsAmongThem() throws Exception {
        StoreNode node = cluster.node("node", 1, store -> {});
        JobDetail plain = StoreCluster.store(node, job(PlainJob.class, "plain"));
        StoreCluster.store(node, serial);
        long start = System.currentTimeMillis();
        for (int priority : List.of(3, 9, 1, 7, 5, 2, 8)) {
            JobDetail which = priority % 2 == 0 ? plain : serial;
            schedule(node, once("p" + priority, which, start - System.currentTimeMillis(), priority));
        }
        node.start();
        cluster.runs().await(7);

        assertThat(cluster.runs().done().stream().map(Ran::trigger))
                .containsExactly("p9", "p8", "p7", "p5", "p3", "p2", "p1");
    }
}
