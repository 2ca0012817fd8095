package dev.carnelian.jobstore;

import static dev.carnelian.jobstore.StoreCluster.job;
import static dev.carnelian.jobstore.StoreCluster.once;
import static dev.carnelian.jobstore.StoreCluster.schedule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.jobstore.RunLog.PlainJob;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.quartz.CronScheduleBuilder;
import org.quartz.JobDetail;
import org.quartz.SchedulerException;
import org.quartz.SimpleTrigger;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.impl.triggers.SimpleTriggerImpl;
import org.quartz.spi.OperableTrigger;

/** What a node cannot load, and what it writes. */
class ClassesAndDataTest {
    private final StoreCluster cluster = new StoreCluster();
    private final JobDetail job = job(PlainJob.class, "job");

    @AfterEach
    void close() {
        cluster.close();
    }

    // 17. Both nodes have the same class path: the one that lacks the class is made by a class name nobody has.
    @Test
    void aJobWhoseClassIsMissingWaitsForANodeThatHasItAndDoesNotStopTheOthers() throws Exception {
        StoreNode old = cluster.node("old", 1, store -> {});
        StoreCluster.store(old, job);
        JobDetail unknown = StoreCluster.store(old, job(PlainJob.class, "unknown"));
        for (int i = 0; i < 5; i++) {
            schedule(old, once("u" + i, unknown, 0, 9));
            schedule(old, once("t" + i, job));
        }
        className("unknown", "com.example.NotThereYet");
        old.start();
        cluster.runs().await(5);
        assertThat(cluster.runs().triggers()).allMatch(name -> name.startsWith("t"));
        StoreCluster.await("only those to be left", () -> cluster.count("qrtz_triggers") == 5);
        assertThat(cluster.strings("SELECT DISTINCT trigger_state FROM qrtz_triggers WHERE sched_name = ?"))
                .containsExactly("WAITING");

        // The node does not ask again and again: it goes on sleeping when nothing else is due.
        int before = old.source().attempts();
        Thread.sleep(1_000);
        assertThat(old.source().attempts() - before).isLessThan(15);

        className("unknown", PlainJob.class.getName());
        cluster.node("new").start();
        cluster.runs().await(10);
        assertThat(cluster.runs().done().stream().filter(ran -> ran.job().equals("unknown")))
                .allMatch(ran -> ran.node().equals("new"));
    }

    private void className(String name, String type) throws Exception {
        assertThat(cluster.change(
                        "UPDATE qrtz_job_details SET job_class_name = $$" + type
                                + "$$ WHERE sched_name = ? AND job_name = ?",
                        name))
                .isEqualTo(1);
    }

    // 17: the class is there, the job cannot be made.
    @Test
    void aJobThatOneNodeCannotMakeRunsOnAnother() throws Exception {
        StoreNode poor = cluster.node("poor");
        StoreCluster.store(poor, job);
        poor.scheduler().setJobFactory((bundle, scheduler) -> {
            throw new SchedulerException("no such plug-in here");
        });
        poor.start();
        schedule(poor, once("t", job));
        StoreCluster.await("a try", () -> poor.source().attempts() > 5 && cluster.count("qrtz_fired_triggers") == 0);
        cluster.node("rich").start();

        cluster.runs().await(1);
        assertThat(cluster.runs().done().get(0).node()).isEqualTo("rich");
        cluster.awaitQuiet();
    }

    // 18
    @Test
    void aTriggerThatCannotBeReadDoesNotStopTheClaim() throws Exception {
        StoreNode node = cluster.node("node", 1, store -> {});
        StoreCluster.store(node, job);
        schedule(node, once("noRow", job, 0, 9));
        schedule(node, once("badType", job, 0, 9));
        schedule(node, once("badData", job, 0, 9));
        schedule(node, once("good", job));
        cluster.change("DELETE FROM qrtz_simple_triggers WHERE sched_name = ? AND trigger_name = 'noRow'");
        cluster.change(
                "UPDATE qrtz_triggers SET trigger_type = 'NEW' WHERE sched_name = ?" + " AND trigger_name = 'badType'");
        cluster.change("UPDATE qrtz_triggers SET job_data = decode('aced0005ff', 'hex') WHERE sched_name = ?"
                + " AND trigger_name = 'badData'");
        node.start();

        cluster.runs().await(1);
        assertThat(cluster.runs().triggers()).containsExactly("good");
        StoreCluster.await("the others to be left", () -> cluster.count("qrtz_triggers") == 3);
        assertThat(cluster.strings("SELECT DISTINCT trigger_state FROM qrtz_triggers WHERE sched_name = ?"))
                .containsExactly("WAITING");
    }

    // 18: more of them than the misfire handler takes at a time.
    @Test
    void triggersThatCannotBeReadDoNotStopTheMisfireHandler() throws Exception {
        StoreNode node = cluster.node("node", 2, store -> {
            store.setMisfireThreshold(500);
            store.setMaxMisfiresToHandleAtATime(2);
        });
        StoreCluster.store(node, job);
        for (int i = 0; i < 5; i++) {
            schedule(node, once("bad" + i, job, -20_000, 5));
        }
        schedule(node, once("good", job, -10_000, 5));
        cluster.change("DELETE FROM qrtz_simple_triggers WHERE sched_name = ? AND trigger_name LIKE 'bad%'");
        node.start();

        cluster.runs().await(1);
        assertThat(cluster.runs().triggers()).containsExactly("good");
    }

    // 19
    @Test
    void replacingATriggerByOneOfAnotherTypeLeavesNoRowOfTheOldType() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        SimpleTrigger simple = once("t", job, 60_000, 5);
        Trigger cron = TriggerBuilder.newTrigger()
                .withIdentity("t")
                .forJob(job)
                .withSchedule(CronScheduleBuilder.cronSchedule("0 0 0 1 1 ?"))
                .build();
        schedule(node, simple);
        node.store().storeTrigger(computed(cron), true);
        assertThat(cluster.count("qrtz_simple_triggers")).isZero();
        assertThat(node.scheduler().getTrigger(StoreCluster.key("t")))
                .hasFieldOrPropertyWithValue("cronExpression", "0 0 0 1 1 ?");

        node.store().storeTrigger(computed(simple), true);
        assertThat(cluster.count("qrtz_cron_triggers")).isZero();
        assertThat(node.scheduler().getTrigger(StoreCluster.key("t"))).isInstanceOf(SimpleTrigger.class);

        node.store().storeTrigger(computed(blob("t")), true);
        assertThat(cluster.count("qrtz_simple_triggers")).isZero();
        assertThat(cluster.count("qrtz_blob_triggers")).isEqualTo(1);
        assertThat(node.scheduler().unscheduleJob(StoreCluster.key("t"))).isTrue();
        assertThat(cluster.count("qrtz_blob_triggers")).isZero();
    }

    private static OperableTrigger computed(Trigger trigger) {
        OperableTrigger copy = (OperableTrigger) ((OperableTrigger) trigger).clone();
        var unused = copy.computeFirstFireTime(null);
        return copy;
    }

    // 20
    @Test
    void aTriggerThatIsStoredAsABlobIsLoadedAndFires() throws Exception {
        StoreNode node = cluster.node("node");
        StoreCluster.store(node, job);
        node.start();
        BlobTrigger blob = blob("t");
        schedule(node, blob);
        cluster.runs().await(2);
        assertThat(cluster.strings("SELECT trigger_type FROM qrtz_triggers WHERE sched_name = ?"))
                .containsExactly("BLOB");
        assertThat(node.scheduler().getTrigger(StoreCluster.key("t"))).isInstanceOf(BlobTrigger.class);
    }

    @SuppressWarnings({"JavaUtilDate", "deprecation"}) // Quartz's own type
    private static BlobTrigger blob(String name) {
        BlobTrigger trigger = new BlobTrigger();
        trigger.setName(name);
        trigger.setJobName("job");
        trigger.setStartTime(new java.util.Date());
        trigger.setRepeatCount(SimpleTrigger.REPEAT_INDEFINITELY);
        trigger.setRepeatInterval(200);
        return trigger;
    }

    /** A type that Quartz has no table for. */
    static final class BlobTrigger extends SimpleTriggerImpl {
        private static final long serialVersionUID = 1;

        @Override
        public boolean hasAdditionalProperties() {
            return true;
        }
    }

    // 21
    @Test
    void dataThatDidNotChangeIsNotWrittenAgain() throws Exception {
        StoreNode node = cluster.node("node");
        JobDetail keeping = job(RunLog.KeepingJob.class, "keeping");
        keeping.getJobDataMap().put("big", "x".repeat(10_000));
        StoreCluster.store(node, keeping);
        schedule(
                node,
                StoreCluster.repeating("t", keeping, 100)
                        .getTriggerBuilder()
                        .usingJobData("also", "y".repeat(10_000))
                        .build());
        List<String> written = new CopyOnWriteArrayList<>();
        node.source().watch(sql -> {
            if (sql.toUpperCase(Locale.ROOT).startsWith("UPDATE") && sql.contains("JOB_DATA")) {
                written.add(sql);
            }
            return sql;
        });
        node.start();
        cluster.runs().await(3, Duration.ofSeconds(10));
        assertThat(written).isEmpty();

        cluster.runs().does(context -> context.getJobDetail().getJobDataMap().put("big", "z"));
        cluster.runs().await(5, Duration.ofSeconds(10));
        StoreCluster.await("a changed value to be written", () -> !written.isEmpty());
        assertThat(node.scheduler().getJobDetail(StoreCluster.jobKey("keeping")).getJobDataMap())
                .containsEntry("big", "z");
    }
}
