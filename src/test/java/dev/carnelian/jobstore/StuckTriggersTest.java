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
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.Trigger.CompletedExecutionInstruction;
import org.quartz.listeners.JobListenerSupport;
import org.quartz.spi.OperableTrigger;

/** No trigger waits for a run that does not exist. */
class StuckTriggersTest {
    private final StoreCluster cluster = new StoreCluster();
    private final JobDetail job = job(PlainJob.class, "job");

    @AfterEach
    void close() {
        cluster.close();
    }

    private StoreNode sweeping() throws Exception {
        return cluster.node("node", 2, store -> {
            store.setSweepInterval(Duration.ofMillis(100));
            store.setMisfireThreshold(500);
        });
    }

    // 11
    @Test
    void theSweepFreesClaimedAndBlockedTriggersThatNobodyHolds() throws Exception {
        StoreNode node = sweeping();
        JobDetail serial = StoreCluster.store(node, job(SerialJob.class, "serial"));
        StoreCluster.store(node, job);
        schedule(node, once("claimed", job));
        schedule(node, once("blocked", serial));
        schedule(node, once("pausedBlocked", serial, 60_000, 5));
        set("claimed", "ACQUIRED");
        set("blocked", "BLOCKED");
        set("pausedBlocked", "PAUSED_BLOCKED");
        node.start();

        cluster.runs().await(2);
        assertThat(cluster.runs().triggers()).containsExactlyInAnyOrder("claimed", "blocked");
        StoreCluster.await("PAUSED", () -> cluster.state("pausedBlocked").equals("PAUSED"));
    }

    // 12
    @Test
    void theSweepRemovesTriggersThatAreOver() throws Exception {
        StoreNode node = sweeping();
        StoreCluster.store(node, job);
        schedule(node, once("over", job, 60_000, 5));
        set("over", "COMPLETE");
        node.start();

        StoreCluster.await("the trigger to go", () -> cluster.state("over").equals("gone"));
        assertThat(cluster.runs().done()).isEmpty();
    }

    // 11, 12: what is held stays held.
    @Test
    void theSweepLeavesWhatARunHolds() throws Exception {
        StoreNode node = sweeping();
        JobDetail serial = StoreCluster.store(node, job(SerialJob.class, "serial"));
        schedule(node, once("runs", serial));
        CountDownLatch end = new CountDownLatch(1);
        cluster.runs().does(context -> end.await());
        node.start();
        cluster.runs().awaitRunning(1);
        schedule(node, once("blocked", serial));
        int before = node.source().attempts();
        StoreCluster.await("some sweeps", () -> node.source().attempts() > before + 12);

        assertThat(cluster.state("runs")).isEqualTo("COMPLETE");
        assertThat(cluster.state("blocked")).isEqualTo("BLOCKED");
        end.countDown();
        cluster.runs().await(2);
    }

    private void set(String trigger, String state) throws Exception {
        assertThat(cluster.change(
                        "UPDATE qrtz_triggers SET trigger_state = $$" + state
                                + "$$ WHERE sched_name = ? AND trigger_name = ?",
                        trigger))
                .isEqualTo(1);
    }

    // 11: the commit of the claim, of the start and of the end, each of unknown outcome in both ways.
    @Test
    void commitsThatFailLeaveNothingBehindAndLoseNothing() throws Exception {
        StoreNode a = cluster.node("a", 2, store -> {});
        StoreNode b = cluster.node("b", 2, store -> {});
        StoreCluster.store(a, job);
        JobDetail serial = StoreCluster.store(a, job(SerialJob.class, "serial"));
        for (int i = 0; i < 20; i++) {
            schedule(a, once("t" + i, i % 2 == 0 ? job : serial));
        }
        cluster.runs().does(context -> {
            a.source().loseCommits(1);
            b.source().loseAnswers(1);
        });
        a.start();
        b.start();

        cluster.awaitQuiet();
        assertThat(cluster.runs().done().stream().map(Ran::trigger).distinct()).hasSize(20);
        assertThat(cluster.runs().done()).hasSize(20);
    }

    // 13
    @Test
    void aNodeThatShutsDownGivesItsClaimsBackInTime() throws Exception {
        StoreNode a = cluster.node("a");
        StoreNode b = cluster.node("b");
        StoreCluster.store(a, job);
        a.start();
        schedule(a, once("t", job, 900, 5));
        StoreCluster.await("the claim", () -> cluster.state("t").equals("ACQUIRED"));
        a.close();
        assertThat(cluster.state("t")).isEqualTo("WAITING");
        b.start();

        cluster.runs().await(1);
        Ran ran = cluster.runs().done().get(0);
        assertThat(ran.node()).isEqualTo("b");
        assertThat(ran.from() - ran.scheduled()).isLessThan(2_500);
    }

    // 14
    @Test
    void aRunThatNoThreadTookIsDueAgainAndNoTriggerGoesToError() throws Exception {
        StoreNode a = cluster.node("a");
        StoreNode b = cluster.node("b");
        StoreCluster.store(a, job);
        schedule(a, StoreCluster.repeating("repeats", job, 60_000));
        List<String> before = times();
        List<OperableTrigger> fired = a.fire(1);
        // What Quartz's thread says when its pool takes no more runs.
        a.store().triggeredJobComplete(fired.get(0), job, CompletedExecutionInstruction.SET_ALL_JOB_TRIGGERS_ERROR);

        assertThat(cluster.state("repeats")).isEqualTo("WAITING");
        assertThat(times()).isEqualTo(before);
        b.start();
        cluster.runs().await(1);
        assertThat(before.get(0)).isEqualTo(cluster.runs().done().get(0).scheduled() + "/0");
    }

    private List<String> times() throws Exception {
        return cluster.strings("SELECT next_fire_time || '/' || times_triggered FROM qrtz_triggers"
                + " JOIN qrtz_simple_triggers USING (sched_name, trigger_name, trigger_group) WHERE sched_name = ?");
    }

    // 14
    @Test
    void runsThatWaitForAThreadWhenTheNodeStopsRunElsewhere() throws Exception {
        StoreNode a = cluster.node("a", 1, store -> {});
        StoreCluster.store(a, job);
        JobDetail serial = StoreCluster.store(a, job(SerialJob.class, "serial"));
        a.start();
        for (int i = 0; i < 40; i++) {
            schedule(a, once("t" + i, i % 4 == 0 ? serial : job));
        }
        cluster.runs().does(context -> Thread.sleep(2));
        cluster.runs().await(10);
        a.close();
        assertThat(cluster.strings("SELECT trigger_state FROM qrtz_triggers WHERE sched_name = ?"))
                .doesNotContain("ERROR", "ACQUIRED", "BLOCKED");
        assertThat(cluster.count("qrtz_fired_triggers")).isZero();
        cluster.node("b").start();
        cluster.awaitQuiet();

        assertThat(cluster.runs().done()).hasSize(40);
        assertThat(cluster.runs().done().stream().map(Ran::trigger).distinct()).hasSize(40);
    }

    // 15
    @Test
    void aListenerThatThrowsBeforeOrAfterTheRunLeavesNothingUnfinished() throws Exception {
        StoreNode node = cluster.node("node");
        JobDetail serial = StoreCluster.store(node, job(SerialJob.class, "serial"));
        node.scheduler().getListenerManager().addJobListener(new Throwing());
        node.start();
        schedule(node, once("before", serial));
        schedule(node, once("after", serial));

        cluster.awaitQuiet();
        assertThat(cluster.runs().triggers()).containsExactly("after");
    }

    private static final class Throwing extends JobListenerSupport {
        @Override
        public String getName() {
            return "throwing";
        }

        @Override
        public void jobToBeExecuted(JobExecutionContext context) {
            if (context.getTrigger().getKey().getName().equals("before")) {
                throw new IllegalStateException("the database is away");
            }
        }

        @Override
        public void jobWasExecuted(JobExecutionContext context, JobExecutionException exception) {
            throw new IllegalStateException("the database is away");
        }
    }
}
