package dev.carnelian.jobstore;

import static dev.carnelian.jobstore.StoreCluster.job;
import static dev.carnelian.jobstore.StoreCluster.jobKey;
import static dev.carnelian.jobstore.StoreCluster.key;
import static dev.carnelian.jobstore.StoreCluster.once;
import static dev.carnelian.jobstore.StoreCluster.schedule;
import static dev.carnelian.jobstore.StoreCluster.stateOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.jobstore.RunLog.PlainJob;
import dev.carnelian.jobstore.RunLog.SerialJob;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.quartz.CronScheduleBuilder;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobPersistenceException;
import org.quartz.ObjectAlreadyExistsException;
import org.quartz.Scheduler;
import org.quartz.SimpleTrigger;
import org.quartz.Trigger;
import org.quartz.Trigger.CompletedExecutionInstruction;
import org.quartz.Trigger.TriggerState;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.calendar.AnnualCalendar;
import org.quartz.impl.calendar.HolidayCalendar;
import org.quartz.impl.matchers.GroupMatcher;
import org.quartz.spi.OperableTrigger;

/** What Quartz promises of jobs, triggers and calendars that are stored. The scheduler is never started. */
class StoredTriggersTest {
    private static final long LATER = 60_000;

    private final StoreCluster cluster = new StoreCluster();
    private final JobDetail job = job(PlainJob.class, "job");
    private StoreNode node;
    private Scheduler scheduler;

    @BeforeEach
    void start() throws Exception {
        node = cluster.node("node");
        scheduler = node.scheduler();
        StoreCluster.store(node, job);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aJobIsReplacedOnlyOnRequestAndRemovedWithItsTriggers() throws Exception {
        JobDetail other = JobBuilder.newJob(SerialJob.class)
                .withIdentity("job")
                .usingJobData("k", "v")
                .storeDurably()
                .build();
        assertThatThrownBy(() -> scheduler.addJob(other, false)).isInstanceOf(ObjectAlreadyExistsException.class);
        scheduler.addJob(other, true);
        assertThat(scheduler.getJobDetail(jobKey("job")).getJobDataMap()).containsEntry("k", "v");
        assertThat(scheduler.getJobDetail(jobKey("job")).isConcurrentExecutionDisallowed())
                .isTrue();

        schedule(node, once("t1", job, LATER, 5));
        schedule(node, once("t2", job, LATER, 5));
        assertThat(scheduler.deleteJob(jobKey("job"))).isTrue();
        assertThat(scheduler.deleteJob(jobKey("job"))).isFalse();
        assertThat(cluster.count("qrtz_triggers")).isZero();
        assertThat(cluster.count("qrtz_simple_triggers")).isZero();
    }

    @Test
    void aTriggerIsStoredOnceAndNeedsItsJob() throws Exception {
        schedule(node, once("t", job, LATER, 5));
        assertThatThrownBy(() -> schedule(node, once("t", job, LATER, 5)))
                .isInstanceOf(ObjectAlreadyExistsException.class);
        assertThatThrownBy(() -> schedule(node, once("t2", job(PlainJob.class, "unknown"), LATER, 5)))
                .isInstanceOf(JobPersistenceException.class);
        assertThat(scheduler.checkExists(key("t"))).isTrue();
        assertThat(scheduler.checkExists(key("t2"))).isFalse();
    }

    @Test
    void aTriggerIsReadAsItWasStored() throws Exception {
        Trigger cron = TriggerBuilder.newTrigger()
                .withIdentity("t", "group")
                .withDescription("each new year")
                .withPriority(7)
                .usingJobData("k", "v")
                .forJob(job)
                .withSchedule(CronScheduleBuilder.cronSchedule("0 0 0 1 1 ?").withMisfireHandlingInstructionDoNothing())
                .build();
        schedule(node, cron);
        Trigger read = scheduler.getTrigger(TriggerKey.triggerKey("t", "group"));
        assertThat(read.getDescription()).isEqualTo("each new year");
        assertThat(read.getPriority()).isEqualTo(7);
        assertThat(read.getJobDataMap()).containsExactly(Map.entry("k", "v"));
        assertThat(read.getMisfireInstruction()).isEqualTo(cron.getMisfireInstruction());
        assertThat(read.getNextFireTime()).isAfter(Date.from(Instant.now()));
        assertThat(read.getPreviousFireTime()).isNull();
    }

    @Test
    void aJobThatIsNotDurableGoesWithItsLastTrigger() throws Exception {
        JobDetail fleeting =
                JobBuilder.newJob(PlainJob.class).withIdentity("fleeting").build();
        var unused = scheduler.scheduleJob(fleeting, once("t1", fleeting, LATER, 5));
        schedule(node, once("t2", fleeting, LATER, 5));
        assertThat(scheduler.unscheduleJob(key("t1"))).isTrue();
        assertThat(scheduler.checkExists(jobKey("fleeting"))).isTrue();
        assertThat(scheduler.unscheduleJob(key("t2"))).isTrue();
        assertThat(scheduler.checkExists(jobKey("fleeting"))).isFalse();
    }

    @Test
    void aTriggerIsRescheduledUnderAnotherKeyForTheSameJobOnly() throws Exception {
        schedule(node, once("t", job, LATER, 5));
        assertThat(scheduler.rescheduleJob(key("t"), once("t2", job, LATER, 5))).isNotNull();
        assertThat(scheduler.checkExists(key("t"))).isFalse();
        assertThat(scheduler.rescheduleJob(key("t"), once("t3", job, LATER, 5))).isNull();
        JobDetail other = StoreCluster.store(node, job(PlainJob.class, "other"));
        assertThatThrownBy(() -> node.store().replaceTrigger(key("t2"), (OperableTrigger) once("t4", other, LATER, 5)))
                .isInstanceOf(JobPersistenceException.class);
        assertThat(scheduler.getTriggersOfJob(jobKey("job")))
                .extracting(Trigger::getKey)
                .isEqualTo(List.of(key("t2")));
    }

    @Test
    void aTriggerIsPausedAndResumed() throws Exception {
        schedule(node, once("t", job));
        scheduler.pauseTrigger(key("t"));
        assertThat(stateOf(scheduler, "t")).isEqualTo(TriggerState.PAUSED);
        assertThat(node.claim(1)).isEmpty();
        scheduler.resumeTrigger(key("t"));
        assertThat(stateOf(scheduler, "t")).isEqualTo(TriggerState.NORMAL);
        assertThat(node.claim(1)).hasSize(1);
    }

    @Test
    void whatIsAddedToAPausedGroupIsPaused() throws Exception {
        schedule(node, in("a", "t1"));
        scheduler.pauseTriggers(GroupMatcher.triggerGroupEquals("a"));
        schedule(node, in("a", "t2"));
        schedule(node, in("b", "t3"));
        assertThat(states()).containsExactly("t1 PAUSED", "t2 PAUSED", "t3 WAITING");
        assertThat(scheduler.getPausedTriggerGroups()).containsExactly("a");

        scheduler.resumeTriggers(GroupMatcher.triggerGroupEquals("a"));
        schedule(node, in("a", "t4"));
        assertThat(states()).containsOnly("t1 WAITING", "t2 WAITING", "t3 WAITING", "t4 WAITING");
    }

    @Test
    void whatIsAddedWhileAllIsPausedIsPaused() throws Exception {
        schedule(node, in("a", "t1"));
        scheduler.pauseAll();
        schedule(node, in("new", "t2"));
        assertThat(states()).containsExactly("t1 PAUSED", "t2 PAUSED");
        scheduler.resumeAll();
        schedule(node, in("other", "t3"));
        assertThat(states()).containsExactly("t1 WAITING", "t2 WAITING", "t3 WAITING");
        assertThat(scheduler.getPausedTriggerGroups()).isEmpty();
    }

    @Test
    void theTriggersOfAJobArePausedAndResumed() throws Exception {
        schedule(node, once("t", job, LATER, 5));
        scheduler.pauseJob(jobKey("job"));
        assertThat(stateOf(scheduler, "t")).isEqualTo(TriggerState.PAUSED);
        scheduler.resumeJob(jobKey("job"));
        assertThat(stateOf(scheduler, "t")).isEqualTo(TriggerState.NORMAL);
    }

    private Trigger in(String group, String name) {
        return once(name, job, LATER, 5)
                .getTriggerBuilder()
                .withIdentity(name, group)
                .build();
    }

    private List<String> states() throws Exception {
        return cluster.strings(
                "SELECT trigger_name || ' ' || trigger_state FROM qrtz_triggers WHERE sched_name = ?" + " ORDER BY 1");
    }

    @Test
    void matchersFindGroupsByAllTheirOperators() throws Exception {
        for (String group : List.of("north", "northwest", "south")) {
            schedule(node, in(group, "in-" + group));
        }
        assertThat(found(GroupMatcher.triggerGroupEquals("north"))).containsExactly("in-north");
        assertThat(found(GroupMatcher.triggerGroupStartsWith("north"))).containsOnly("in-north", "in-northwest");
        assertThat(found(GroupMatcher.triggerGroupEndsWith("th"))).containsOnly("in-north", "in-south");
        assertThat(found(GroupMatcher.triggerGroupContains("w"))).containsOnly("in-northwest");
        assertThat(found(GroupMatcher.anyTriggerGroup())).hasSize(3);
        assertThat(scheduler.getTriggerGroupNames()).containsOnly("north", "northwest", "south");
        assertThat(scheduler.getJobKeys(GroupMatcher.anyJobGroup())).containsExactly(jobKey("job"));
        assertThat(scheduler.getJobGroupNames()).containsExactly("DEFAULT");

        scheduler.pauseTriggers(GroupMatcher.triggerGroupStartsWith("north"));
        assertThat(states()).containsOnly("in-north PAUSED", "in-northwest PAUSED", "in-south WAITING");
    }

    private List<String> found(GroupMatcher<TriggerKey> matcher) throws Exception {
        Set<TriggerKey> keys = scheduler.getTriggerKeys(matcher);
        return keys.stream().map(TriggerKey::getName).toList();
    }

    @Test
    void everyStateIsReported() throws Exception {
        assertThat(stateOf(scheduler, "unknown")).isEqualTo(TriggerState.NONE);
        JobDetail serial = StoreCluster.store(node, job(SerialJob.class, "serial"));
        schedule(node, once("runs", serial));
        assertThat(stateOf(scheduler, "runs")).isEqualTo(TriggerState.NORMAL);
        List<OperableTrigger> fired = node.fire(1);
        schedule(node, once("waits", serial));
        assertThat(stateOf(scheduler, "runs")).isEqualTo(TriggerState.COMPLETE);
        assertThat(stateOf(scheduler, "waits")).isEqualTo(TriggerState.BLOCKED);
        scheduler.pauseTrigger(key("waits"));
        assertThat(stateOf(scheduler, "waits")).isEqualTo(TriggerState.PAUSED);
        scheduler.resumeTrigger(key("waits"));
        assertThat(stateOf(scheduler, "waits")).isEqualTo(TriggerState.BLOCKED);

        node.store().triggeredJobComplete(fired.get(0), serial, CompletedExecutionInstruction.SET_TRIGGER_ERROR);
        assertThat(stateOf(scheduler, "runs")).isEqualTo(TriggerState.ERROR);
        assertThat(stateOf(scheduler, "waits")).isEqualTo(TriggerState.NORMAL);
        scheduler.resetTriggerFromErrorState(key("runs"));
        assertThat(stateOf(scheduler, "runs")).isEqualTo(TriggerState.NORMAL);
    }

    @Test
    void aCalendarThatIsUsedStaysAndItsChangeMovesTheTriggers() throws Exception {
        scheduler.addCalendar("calendar", new AnnualCalendar(), false, false);
        schedule(
                node,
                TriggerBuilder.newTrigger()
                        .withIdentity("t")
                        .forJob(job)
                        .modifiedByCalendar("calendar")
                        .withSchedule(CronScheduleBuilder.dailyAtHourAndMinute(12, 0))
                        .build());
        assertThat(scheduler.getCalendarNames()).containsExactly("calendar");
        assertThatThrownBy(() -> scheduler.deleteCalendar("calendar")).isInstanceOf(JobPersistenceException.class);

        Date first = scheduler.getTrigger(key("t")).getNextFireTime();
        HolidayCalendar holidays = new HolidayCalendar();
        holidays.addExcludedDate(first);
        scheduler.addCalendar("calendar", holidays, true, true);
        assertThat(scheduler.getTrigger(key("t")).getNextFireTime()).isAfter(first);
        assertThat(scheduler.unscheduleJob(key("t"))).isTrue();
        assertThat(scheduler.deleteCalendar("calendar")).isTrue();
    }

    @Test
    void aTriggerWithoutAnEntryIdIsGivenBack() throws Exception {
        schedule(node, once("t", job));
        OperableTrigger claimed = node.claim(1).get(0);
        assertThat(claimed.getFireInstanceId()).isNotNull();
        OperableTrigger read = Objects.requireNonNull(node.store().retrieveTrigger(key("t")));
        assertThat(read.getFireInstanceId()).isNull();
        node.store().releaseAcquiredTrigger(read);
        assertThat(cluster.state("t")).isEqualTo("WAITING");
    }

    @Test
    void everythingIsCleared() throws Exception {
        schedule(node, once("t", job, LATER, 5));
        scheduler.addCalendar("calendar", new AnnualCalendar(), false, false);
        scheduler.clear();
        for (String table : List.of("qrtz_triggers", "qrtz_job_details", "qrtz_calendars", "qrtz_simple_triggers")) {
            assertThat(cluster.count(table)).as(table).isZero();
        }
    }

    @Test
    void aPlainOneShotIsATriggerLikeAnyOther() throws Exception {
        try (var connection = StoreCluster.connection()) {
            node.store()
                    .storeOneShots(
                            connection,
                            List.of(new OneShot(
                                    key("t"), job.getKey(), Instant.now().plusSeconds(60), 3, Map.of("k", "v"))));
        }
        Trigger read = scheduler.getTrigger(key("t"));
        assertThat(read).isInstanceOf(SimpleTrigger.class);
        assertThat(read.getPriority()).isEqualTo(3);
        assertThat(read.getJobDataMap()).containsExactly(Map.entry("k", "v"));
        assertThat(read.getNextFireTime()).isAfter(Date.from(Instant.now()));
        assertThat(scheduler.getTriggersOfJob(jobKey("job"))).hasSize(1);
        assertThat(scheduler.getTriggerKeys(GroupMatcher.anyTriggerGroup())).containsExactly(key("t"));
        assertThat(stateOf(scheduler, "t")).isEqualTo(TriggerState.NORMAL);
        scheduler.pauseTriggers(GroupMatcher.anyTriggerGroup());
        assertThat(stateOf(scheduler, "t")).isEqualTo(TriggerState.PAUSED);
        scheduler.resumeTriggers(GroupMatcher.anyTriggerGroup());
        assertThat(stateOf(scheduler, "t")).isEqualTo(TriggerState.NORMAL);
        node.store().storeTrigger(computed(once("t", job, LATER, 5)), true);
        assertThat(cluster.count("qrtz_simple_triggers")).isEqualTo(1);
        assertThat(scheduler.unscheduleJob(key("t"))).isTrue();
        assertThat(cluster.count("qrtz_triggers")).isZero();
    }

    @Test
    void aPlainOneShotThatIsStoredAgainForLaterIsNotClaimedBefore() throws Exception {
        try (var connection = StoreCluster.connection()) {
            node.store().storeOneShots(connection, List.of(new OneShot(key("t"), job.getKey(), null, 5, Map.of())));
        }
        OperableTrigger read = Objects.requireNonNull(node.store().retrieveTrigger(key("t")));
        read.setNextFireTime(Date.from(Instant.now().plusSeconds(60)));

        node.store().storeTrigger(read, true);

        assertThat(node.claim(1)).isEmpty();
        read.setNextFireTime(Date.from(Instant.now().minusSeconds(1)));
        node.store().storeTrigger(read, true);
        assertThat(node.claim(1)).hasSize(1);
    }

    private static OperableTrigger computed(Trigger trigger) {
        OperableTrigger operable = (OperableTrigger) trigger;
        var unused = operable.computeFirstFireTime(null);
        return operable;
    }
}
