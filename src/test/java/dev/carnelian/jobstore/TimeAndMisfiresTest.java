package dev.carnelian.jobstore;

import static dev.carnelian.jobstore.StoreCluster.job;
import static dev.carnelian.jobstore.StoreCluster.once;
import static dev.carnelian.jobstore.StoreCluster.schedule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.jobstore.RunLog.PlainJob;
import dev.carnelian.jobstore.RunLog.Ran;
import dev.carnelian.jobstore.RunLog.SerialJob;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.quartz.CronScheduleBuilder;
import org.quartz.JobDetail;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.TriggerBuilder;

/** When triggers fire. */
class TimeAndMisfiresTest {
    private final StoreCluster cluster = new StoreCluster();
    private final JobDetail job = job(PlainJob.class, "job");

    @AfterEach
    void close() {
        cluster.close();
    }

    // 22: those of the fast path; a repeating or a foreign trigger has its misfire instruction.
    @Test
    void anOldBacklogOfOneShotsDrainsAtOnce() throws Exception {
        StoreNode node = cluster.node("node", 8, store -> {});
        StoreCluster.store(node, job);
        Instant old = Instant.now().minus(Duration.ofHours(1));
        store(
                node,
                IntStream.range(0, 500)
                        .mapToObj(i -> new OneShot(StoreCluster.key("t" + i), job.getKey(), old, 0, Map.of()))
                        .toList());
        node.start();

        cluster.runs().await(500, Duration.ofSeconds(10));
        cluster.awaitQuiet();
    }

    private static void store(StoreNode node, List<OneShot> shots) throws Exception {
        try (var connection = StoreCluster.connection()) {
            node.store().storeOneShots(connection, shots);
        }
        node.store().wake();
    }

    // 23: the misfire handler looks when the node starts and then a minute later.
    @Test
    void aSerialCronJobThatOutlastsItsIntervalIsScheduledWhenItEnds() throws Exception {
        StoreNode node = cluster.node("node", 2, store -> store.setMisfireThreshold(60_000));
        JobDetail serial = StoreCluster.store(node, job(SerialJob.class, "serial"));
        schedule(
                node,
                TriggerBuilder.newTrigger()
                        .withIdentity("cron")
                        .forJob(serial)
                        .withSchedule(CronScheduleBuilder.cronSchedule("* * * * * ?"))
                        .build());
        cluster.runs().does(context -> {
            if (cluster.runs().done().isEmpty()) {
                // While it runs, the time it should have run again at becomes older than the threshold.
                assertThat(cluster.change("UPDATE qrtz_triggers SET next_fire_time = next_fire_time - 120000"
                                + " WHERE sched_name = ?"))
                        .isEqualTo(1);
            }
        });
        node.start();

        cluster.runs().await(3, Duration.ofSeconds(8));
        List<Ran> done = cluster.runs().done();
        assertThat(done.get(1).scheduled()).isGreaterThan(done.get(0).scheduled());
    }

    // 24: no test can set the machine's clock; here the database's is off by a minute from that of all nodes, which is
    // the same to them. What Quartz's trigger classes compute on a misfire goes by the local clock and is not covered.
    @ParameterizedTest
    @ValueSource(ints = {-60, 60})
    void nodesWhoseClockIsOffNeitherFireEarlyNorTakeEachOtherForDead(int seconds) throws Exception {
        StoreNode a = cluster.node("a", 2, store -> {});
        StoreNode b = cluster.node("b", 2, store -> {});
        for (StoreNode node : List.of(a, b)) {
            node.source()
                    .watch(sql ->
                            sql.replace("clock_timestamp()", "(clock_timestamp() + " + seconds + " * interval '1 s')"));
            node.start();
        }
        StoreCluster.await(
                "both leases", () -> a.store().holdsLease() && b.store().holdsLease());
        StoreCluster.store(a, job);
        long due = 1_500 + seconds * 1_000L;
        long stored = System.currentTimeMillis();
        schedule(a, once("once", job, due, 5));
        schedule(
                a,
                once("repeats", job, due, 5)
                        .getTriggerBuilder()
                        .withSchedule(SimpleScheduleBuilder.repeatSecondlyForTotalCount(2))
                        .build());

        cluster.runs().await(3);
        assertThat(cluster.runs().done()).allSatisfy(ran -> {
            long late = ran.from() + seconds * 1_000L - ran.scheduled();
            assertThat(late).isBetween(-5L, 1_500L);
        });
        assertThat(System.currentTimeMillis() - stored).isGreaterThan(StoreNode.LEASE.toMillis());
        assertThat(cluster.strings("SELECT instance_name FROM qrtz_scheduler_state WHERE sched_name = ?"))
                .containsExactlyInAnyOrder("a", "b");
    }

    // 25: a wake-up reaches the other node (cluster.PostgresSignals does that; here it is called by hand).
    @Test
    void aWakeUpShortensTheSleepOfAnIdleNode() throws Exception {
        StoreNode api = cluster.node("api");
        StoreNode worker = cluster.node("worker");
        StoreCluster.store(api, job);
        worker.start();
        schedule(worker, once("warm", job));
        cluster.runs().await(1);
        List<Long> waits = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int number = i;
            Thread.sleep(100); // the worker has gone to sleep again
            long stored = System.currentTimeMillis();
            if (i % 2 == 0) {
                schedule(api, once("t" + number, job));
            } else {
                store(api, List.of(new OneShot(StoreCluster.key("t" + number), job.getKey(), null, 0, Map.of())));
            }
            worker.store().wake();
            cluster.runs().await(i + 2);
            waits.add(cluster.runs().done().get(i + 1).from() - stored);
        }
        assertThat(waits.stream().sorted().toList().get(2)).isLessThan(150);
    }
}
