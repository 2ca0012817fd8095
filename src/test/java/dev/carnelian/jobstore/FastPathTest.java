package dev.carnelian.jobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.database.TestDatabase;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobKey;
import org.quartz.JobPersistenceException;
import org.quartz.TriggerKey;
import org.quartz.spi.OperableTrigger;

/** The claim, release and recovery of one-shots, by hand and without a scheduler. */
class FastPathTest {
    private static final JobKey JOB = new JobKey("work", "jobs");

    private final TestDatabase database = TestDatabase.migrated();
    private final Tables tables = new Tables("test", "QRTZ_");
    private final OnceRows rows = new OnceRows(tables);
    private final DatabaseClock clock = new DatabaseClock();
    private final Skipped skipped = new Skipped();
    private boolean failAfterCommit;

    /** Does nothing. */
    public static final class Work implements Job {
        @Override
        public void execute(JobExecutionContext context) {}
    }

    /** Remembers what it was told, and refuses what it is asked to. */
    private static final class RecordingHook implements StoreHook {
        private final List<String> calls = new ArrayList<>();
        private final Set<String> refuse = new HashSet<>();

        @Override
        public Set<String> onFired(Connection connection, List<Run> runs) {
            return told("fired", runs);
        }

        @Override
        public void onCompleted(Connection connection, List<Run> runs, Map<String, Object> outcomes) {
            told("completed", runs);
        }

        @Override
        public Set<String> onRecovered(Connection connection, List<Run> runs) {
            return told("recovered", runs);
        }

        @Override
        public void onReleased(Connection connection, List<Run> runs) {
            told("released", runs);
        }

        @Override
        public void onLeaseLost() {}

        private Set<String> told(String what, List<Run> runs) {
            Set<String> refused = new HashSet<>();
            for (Run run : runs) {
                calls.add(what + " " + run.trigger().getName() + " " + run.data());
                if (refuse.contains(run.trigger().getName())) {
                    refused.add(run.entryId());
                }
            }
            return refused;
        }
    }

    private final RecordingHook hook = new RecordingHook();
    private final FastPath a = node("a");
    private final FastPath b = node("b");

    @BeforeEach
    void readClock() throws Exception {
        inTransaction(clock::read);
    }

    @Test
    void whatOneNodeClaimsTheOtherDoesNot() throws Exception {
        store("one", "lane", 0, null);
        store("two", "lane", 0, null);

        List<String> first = names(a.claim(1));
        List<String> second = names(b.claim(5));

        assertThat(first).hasSize(1);
        assertThat(second).hasSize(1).doesNotContainAnyElementsOf(first);
        assertThat(count("qrtz_triggers")).isZero();
        assertThat(count("qrtz_fired_triggers")).isEqualTo(2);
    }

    @Test
    void prioritiesDecideWithinALaneAndEachLaneGetsItsTurn() throws Exception {
        for (int i = 0; i < 50; i++) {
            store("flood" + i, "busy", 10, null);
        }
        store("urgent", "busy", 90, null);
        store("quiet", "calm", -90, null);

        assertThat(names(a.claim(4))).hasSize(4).contains("urgent", "quiet").startsWith("urgent");
    }

    @Test
    void moreLanesThanSlotsAreServedInTurn() throws Exception {
        for (int lane = 0; lane < 9; lane++) {
            for (int i = 0; i < 20; i++) {
                store(lane + "/" + i, "lane" + lane, lane, null);
            }
        }
        Set<String> lanes = new HashSet<>();
        for (int round = 0; round < 6; round++) {
            names(a.claim(4)).forEach(name -> lanes.add(name.substring(0, 1)));
        }
        assertThat(lanes).hasSize(9);
    }

    @Test
    void aClaimGrowsAsLongAsThereIsMoreAndStartsAgainSmall() throws Exception {
        for (int i = 0; i < 200; i++) {
            store("t" + i, "lane", 0, null);
        }

        assertThat(a.claim(500)).hasSize(64);
        assertThat(a.claim(500)).hasSize(128);
        assertThat(a.claim(500)).hasSize(8);
        for (int i = 0; i < 70; i++) {
            store("more" + i, "lane", 0, null);
        }
        assertThat(a.claim(500)).hasSize(64);
        assertThat(a.claim(500)).hasSize(6);
    }

    @Test
    void halfOfAClaimIsDividedAmongTheLanesHoweverUrgentOneIs() throws Exception {
        for (int i = 0; i < 60; i++) {
            store("urgent" + i, "flood", 9, null);
        }
        for (int i = 0; i < 8; i++) {
            store("patient" + i, "other", 0, null);
        }

        List<String> claimed = names(a.claim(20));

        assertThat(claimed).hasSize(20);
        assertThat(claimed).filteredOn(name -> name.startsWith("patient")).hasSize(5);
        assertThat(claimed.subList(0, 4))
                .filteredOn(name -> name.startsWith("patient"))
                .hasSize(2);
        assertThat(names(a.claim(20)))
                .filteredOn(name -> name.startsWith("patient"))
                .hasSize(3);
        assertThat(names(a.claim(20))).hasSize(20).allMatch(name -> name.startsWith("urgent"));
    }

    @Test
    void claimsOfOneTakeTurnsToo() throws Exception {
        for (int i = 0; i < 20; i++) {
            store("flood" + i, "busy", 10, null);
        }
        store("quiet", "calm", -90, null);
        List<String> claimed = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            claimed.addAll(names(a.claim(1)));
        }
        assertThat(claimed).hasSize(4).contains("quiet");
    }

    @Test
    void aDelayedTriggerIsNotSeenBeforeItsTime() throws Exception {
        store("later", "lane", 100, Instant.ofEpochMilli(clock.millis() + 300));
        store("now", "lane", 0, null);

        assertThat(names(a.claim(5))).containsExactly("now");
        long next = look();
        assertThat(next).isLessThan(Long.MAX_VALUE);
        Thread.sleep(Math.max(0, next - clock.millis()) + 1);
        assertThat(look()).isEqualTo(Long.MAX_VALUE);
        assertThat(names(a.claim(5))).containsExactly("later");
    }

    @Test
    void aTimeBetweenTwoMillisecondsIsNotDueBeforeIt() throws Exception {
        Instant time = Instant.parse("2100-01-01T00:00:00.000001Z");
        store("later", "lane", 0, time);

        assertThat(look()).isEqualTo(time.toEpochMilli() + 1);
    }

    @Test
    void aRefusedRunLeavesNothingBehind() throws Exception {
        store("cancelled", "lane", 0, null);
        store("good", "lane", 0, null);
        hook.refuse.add("cancelled");

        assertThat(names(a.claim(5))).containsExactly("good");
        assertThat(count("qrtz_triggers")).isZero();
        assertThat(count("qrtz_fired_triggers")).isOne();
    }

    @Test
    void aReleasedClaimIsDueAgainWithItsData() throws Exception {
        store("one", "lane", 7, null);
        OperableTrigger claimed = a.claim(1).get(0);

        a.release(List.of(claimed.getFireInstanceId()));

        assertThat(a.holds(claimed)).isFalse();
        assertThat(hook.calls).containsExactly("fired one {id=one}", "released one {id=one}");
        OperableTrigger again = b.claim(1).get(0);
        assertThat(again.getJobDataMap().getString("id")).isEqualTo("one");
        assertThat(again.getPriority()).isEqualTo(7);
        assertThat(again.getFireInstanceId()).isNotEqualTo(claimed.getFireInstanceId());
    }

    @Test
    void aClaimWhoseCommitWasLostOnTheWayIsUndoneBeforeTheNext() throws Exception {
        store("one", "lane", 0, null);
        failAfterCommit = true;
        assertThatThrownBy(() -> a.claim(1)).isInstanceOf(JobPersistenceException.class);
        failAfterCommit = false;
        assertThat(count("qrtz_fired_triggers")).as("the commit did take place").isOne();

        List<OperableTrigger> claimed = a.claim(1);

        assertThat(names(claimed)).containsExactly("one");
        assertThat(count("qrtz_fired_triggers")).isOne();
        assertThat(hook.calls).containsExactly("fired one {id=one}", "released one {id=one}", "fired one {id=one}");
    }

    @Test
    void theRunsOfADeadNodeAreDueAgainAndItsOwnEndsChangeNothing() throws Exception {
        store("one", "lane", 0, null);
        store("poison", "lane", 0, null);
        List<OperableTrigger> claimed = a.claim(2);
        hook.refuse.add("poison");

        inTransaction(connection -> {
            new DueAgain(rows, hook).recover(connection, "a");
            return true;
        });
        List<OperableTrigger> again = b.claim(2);
        Set<String> ended = inTransaction(connection -> rows.end(
                connection,
                claimed.stream().map(OperableTrigger::getFireInstanceId).toList()));

        assertThat(names(again)).containsExactly("one");
        assertThat(ended).isEmpty();
        assertThat(count("qrtz_fired_triggers")).isOne();
    }

    @Test
    void aJobThatCannotBeLoadedHereIsLeftToOthers() throws Exception {
        FastPath without = node("without", new Skipped(), (connection, key) -> {
            throw new JobPersistenceException("no such class here");
        });
        store("one", "lane", 0, null);

        assertThat(without.claim(5)).isEmpty();
        assertThat(without.claim(5)).isEmpty();
        assertThat(names(a.claim(5))).containsExactly("one");
        assertThat(hook.calls).containsExactly("fired one {id=one}");
    }

    @Test
    void aJobThatCouldNotBeStartedHereIsLeftToOthersToo() throws Exception {
        store("one", "lane", 0, null);
        skipped.add(JOB);

        assertThat(a.claim(5)).isEmpty();
        assertThat(hook.calls).isEmpty();
    }

    @Test
    void anInsertOfTheCallersIsStoredWithTheOneShotsOrNotAtAll() throws Exception {
        List<OneShot> shots = List.of(after("delayed", Duration.ofMinutes(5)), after("due", Duration.ZERO));
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE beside (number int)");
            String insert = "INSERT INTO beside SELECT unnest(?::int[])";
            List<Array> numbers = List.of(connection.createArrayOf("int4", new Integer[] {1, 2}));

            Instant stored = rows.insert(connection, shots, insert, numbers);
            assertThatThrownBy(() -> rows.insert(connection, shots, insert, numbers))
                    .hasMessageContaining("duplicate key");

            assertThat(count("beside")).isEqualTo(2);
            assertThat(look()).isEqualTo(stored.plusNanos(999_999).toEpochMilli() + 300_000);
            assertThat(names(a.claim(5))).containsExactly("due");
        }
    }

    @Test
    void aNewOneShotGoesBeforeNoOtherByNamingAPastTime() throws Exception {
        store("first", "lane", 0, null);
        Thread.sleep(5);
        OneShot cunning = new OneShot(new TriggerKey("cunning", "lane"), JOB, Instant.EPOCH, 0, Map.of());
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE beside (number int)");
            var unused = rows.insert(connection, List.of(cunning), "INSERT INTO beside VALUES (1)", List.of());
        }

        assertThat(names(a.claim(5))).containsExactly("first", "cunning");
    }

    private static OneShot after(String name, Duration delay) {
        return new OneShot(new TriggerKey(name, "lane"), JOB, null, delay, 0, Map.of("id", name));
    }

    private FastPath node(String instance) {
        JobDetail job =
                JobBuilder.newJob(Work.class).withIdentity(JOB).storeDurably().build();
        return node(instance, skipped, (connection, key) -> job);
    }

    private FastPath node(String instance, Skipped skipped, KnownJobs.Source source) {
        KnownJobs jobs = new KnownJobs(source, skipped);
        return new FastPath(tables, this::inTransaction, jobs, clock, instance, hook, null);
    }

    private void store(String name, String lane, int priority, @Nullable Instant at) throws Exception {
        OneShot shot = new OneShot(new TriggerKey(name, lane), JOB, at, priority, Map.of("id", name));
        inTransaction(connection -> {
            rows.insert(connection, List.of(shot));
            return true;
        });
    }

    private static List<String> names(List<OperableTrigger> triggers) {
        return triggers.stream().map(trigger -> trigger.getKey().getName()).toList();
    }

    private long look() throws Exception {
        return inTransaction(rows::look).nextDelayed();
    }

    private int count(String table) throws Exception {
        return inTransaction(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table)) {
                row.next();
                return row.getInt(1);
            }
        });
    }

    private <T> T inTransaction(Transactions.Work<T> work) throws JobPersistenceException {
        try (Connection connection = database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            T result = work.on(connection);
            connection.commit();
            if (failAfterCommit) {
                throw new SQLException("the answer to the commit was lost");
            }
            return result;
        } catch (JobPersistenceException e) {
            throw e;
        } catch (Exception e) {
            throw new JobPersistenceException(String.valueOf(e.getMessage()), e);
        }
    }
}
