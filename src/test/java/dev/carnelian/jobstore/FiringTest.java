package dev.carnelian.jobstore;

import static dev.carnelian.jobstore.StoreCluster.job;
import static dev.carnelian.jobstore.StoreCluster.jobKey;
import static dev.carnelian.jobstore.StoreCluster.key;
import static dev.carnelian.jobstore.StoreCluster.once;
import static dev.carnelian.jobstore.StoreCluster.schedule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.jobstore.RunLog.KeepingJob;
import dev.carnelian.jobstore.RunLog.PlainJob;
import dev.carnelian.jobstore.RunLog.Ran;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.quartz.CronScheduleBuilder;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionException;
import org.quartz.ScheduleBuilder;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;

/** What Quartz promises of triggers that fire. */
class FiringTest {
    private final StoreCluster cluster = new StoreCluster();
    private final JobDetail job = job(PlainJob.class, "job");

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void repeatingTriggersFireOnceForEachInstantOnTwoNodes() throws Exception {
        StoreNode a = cluster.node("a");
        StoreNode b = cluster.node("b");
        StoreCluster.store(a, job);
        schedule(a, StoreCluster.repeating("interval", job, 250));
        schedule(a, trigger("cron", CronScheduleBuilder.cronSchedule("* * * * * ?")));
        a.start();
        b.start();
        cluster.runs().await(12);
        a.scheduler().pauseAll();

        for (String name : List.of("interval", "cron")) {
            List<Long> instants = cluster.runs().done().stream()
                    .filter(ran -> ran.trigger().equals(name))
                    .map(Ran::scheduled)
                    .sorted()
                    .toList();
            long every = name.equals("cron") ? 1_000 : 250;
            assertThat(instants).doesNotHaveDuplicates().hasSizeGreaterThan(1);
            assertThat(instants.get(instants.size() - 1) - instants.get(0)).isEqualTo(every * (instants.size() - 1));
        }
    }

    private Trigger trigger(String name, ScheduleBuilder<?> schedule) {
        return TriggerBuilder.newTrigger()
                .withIdentity(name)
                .forJob(job)
                .withSchedule(schedule)
                .build();
    }

    @Test
    void aTriggerThatRepeatsThreeTimesIsGoneThen() throws Exception {
        StoreNode node = cluster.node("node");
        JobDetail fleeting =
                JobBuilder.newJob(PlainJob.class).withIdentity("fleeting").build();
        var unused = node.scheduler()
                .scheduleJob(
                        fleeting,
                        TriggerBuilder.newTrigger()
                                .withIdentity("t")
                                .withSchedule(SimpleScheduleBuilder.simpleSchedule()
                                        .withIntervalInMilliseconds(50)
                                        .withRepeatCount(2))
                                .build());
        node.start();
        cluster.awaitQuiet();
        assertThat(cluster.runs().done()).hasSize(3);
        assertThat(node.scheduler().checkExists(jobKey("fleeting"))).isFalse();
    }

    @Test
    void eachMisfireInstructionIsFollowed() throws Exception {
        StoreNode node = cluster.node("node", 2, store -> store.setMisfireThreshold(400));
        StoreCluster.store(node, job);
        schedule(node, late("fireNow", SimpleScheduleBuilder.simpleSchedule().withMisfireHandlingInstructionFireNow()));
        schedule(
                node,
                late(
                        "nextWithRemaining",
                        SimpleScheduleBuilder.repeatHourlyForever()
                                .withMisfireHandlingInstructionNextWithRemainingCount()));
        schedule(
                node,
                late(
                        "doNothing",
                        CronScheduleBuilder.cronSchedule("0 0 0 1 1 ?").withMisfireHandlingInstructionDoNothing()));
        schedule(
                node,
                late(
                        "fireOnce",
                        CronScheduleBuilder.cronSchedule("0 0 0 1 1 ?")
                                .withMisfireHandlingInstructionFireAndProceed()));
        schedule(
                node,
                late(
                        "ignore",
                        SimpleScheduleBuilder.repeatSecondlyForTotalCount(3, 10)
                                .withMisfireHandlingInstructionIgnoreMisfires()));
        assertThat(cluster.change("UPDATE qrtz_triggers SET next_fire_time = next_fire_time - 40000000000"
                        + " WHERE sched_name = ? AND trigger_type = 'CRON'"))
                .isEqualTo(2);
        node.start();

        // Ignoring misfires means one run for each that was missed: of three, 30 s ago and 10 s apart, all three.
        cluster.runs().await(5);
        assertThat(cluster.runs().triggers())
                .containsExactlyInAnyOrder("fireNow", "fireOnce", "ignore", "ignore", "ignore");
        for (String waits : List.of("nextWithRemaining", "doNothing", "fireOnce")) {
            StoreCluster.await(
                    waits + " to wait for its next time",
                    () -> cluster.strings(
                                            "SELECT 1 FROM qrtz_triggers WHERE sched_name = ? AND trigger_name = ?"
                                                    + " AND trigger_state = 'WAITING' AND next_fire_time > ?",
                                            waits,
                                            System.currentTimeMillis())
                                    .size()
                            == 1);
        }
    }

    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    private Trigger late(String name, ScheduleBuilder<?> schedule) {
        return TriggerBuilder.newTrigger()
                .withIdentity(name)
                .forJob(job)
                .startAt(new java.util.Date(System.currentTimeMillis() - 30_000))
                .withSchedule(schedule)
                .build();
    }

    @Test
    void aJobsDataIsKeptFromRunToRunOnTwoNodes() throws Exception {
        StoreNode a = cluster.node("a");
        StoreNode b = cluster.node("b");
        JobDetail keeping = job(KeepingJob.class, "keeping");
        keeping.getJobDataMap().put("count", 0);
        StoreCluster.store(a, keeping);
        cluster.runs().does(context -> {
            var data = context.getJobDetail().getJobDataMap();
            data.put("count", data.getInt("count") + 1);
        });
        for (int i = 0; i < 20; i++) {
            schedule(a, once("t" + i, keeping));
        }
        a.start();
        b.start();
        cluster.runs().await(20);
        cluster.awaitQuiet();
        assertThat(a.scheduler().getJobDetail(jobKey("keeping")).getJobDataMap().getInt("count"))
                .isEqualTo(20);
    }

    @Test
    void whatAJobAsksForWhenItFailsIsDone() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        cluster.runs().does(context -> {
            JobExecutionException failure = new JobExecutionException("on purpose");
            failure.setRefireImmediately(context.getRefireCount() < 2);
            failure.setUnscheduleFiringTrigger(context.getRefireCount() == 2);
            throw failure;
        });
        schedule(node, StoreCluster.repeating("t", job, 60_000));
        node.start();
        cluster.runs().await(3);
        StoreCluster.await("COMPLETE", () -> cluster.state("t").equals("COMPLETE"));
        assertThat(cluster.count("qrtz_fired_triggers")).isZero();
    }

    @Test
    void aStoreIsUsableAgainAfterItsShutdown() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        schedule(node, once("t1", job));
        node.store().schedulerStarted();
        node.store().shutdown();

        node.initialize();
        assertThat(node.store().checkExists(key("t1"))).isTrue();
        // Not started: it claims, fires and ends all the same.
        var fired = node.fire(1);
        assertThat(fired).hasSize(1);
        node.store().triggeredJobComplete(fired.get(0), job, Trigger.CompletedExecutionInstruction.DELETE_TRIGGER);
        assertThat(cluster.count("qrtz_triggers")).isZero();
        assertThat(cluster.count("qrtz_fired_triggers")).isZero();
    }

    @Test
    void aStandbyNodeClaimsNothingUntilItIsStartedAgain() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        node.start();
        schedule(node, once("t1", job));
        cluster.runs().await(1);
        node.scheduler().standby();
        schedule(node, once("t2", job));
        Thread.sleep(300); // time for a run that must not come
        assertThat(cluster.runs().done()).hasSize(1);
        node.start();
        cluster.runs().await(2);
    }
}
