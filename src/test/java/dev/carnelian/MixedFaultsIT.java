package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything at once: whatever befalls nodes, links and database, each job that was accepted ends, once, and as it should.
 * Runs for as long as it is told to, as in {@code -Dit.test=MixedFaultsIT -Dmixed.seconds=300 -Dmixed.seed=4}.
 */
@EnabledIfSystemProperty(
        named = "mixed.seconds",
        matches = "\\d+",
        disabledReason = "it takes as long as it is told to")
class MixedFaultsIT {
    private static final Logger LOG = LoggerFactory.getLogger(MixedFaultsIT.class);
    private static final int NODES = 4;
    private static final int CLIENTS = 6;

    @TempDir
    private Path folder;

    @Test
    void whatWasAcceptedEndsOnce() throws Exception {
        Duration time = Duration.ofSeconds(Long.getLong("mixed.seconds"));
        long seed = Long.getLong("mixed.seed", System.currentTimeMillis());
        LOG.info("{} of faults with seed {}", time, seed);
        try (LiveCluster cluster = new LiveCluster(folder);
                RandomFaults faults = new RandomFaults(cluster, NODES, seed);
                RandomJobs jobs = new RandomJobs(cluster.key(), faults::any, seed)) {
            jobs.start(CLIENTS);
            faults.happenFor(time);
            jobs.end();
            faults.end();
            Awaitility.await("all jobs to end")
                    .atMost(Duration.ofMinutes(3))
                    .ignoreExceptions()
                    .until(() -> cluster.count("final_status IS NULL") == 0);

            LOG.info("{} faults, {} jobs: {}", faults.faults(), jobs.ids().size(), endings(cluster));
            assertThat(faults.faults()).as("faults").isPositive();
            assertThat(faults.lasting()).as("seed %d", seed).isEmpty();
            assertThat(jobs.complaints()).as("seed %d", seed).isEmpty();
            assertThat(wrong(cluster, jobs)).as("seed %d", seed).isEmpty();
            assertThat(cluster.strings("""
                            SELECT labels->>'client' FROM jobs WHERE original_job_id IS NULL
                            GROUP BY 1 HAVING count(*) > 1"""))
                    .as("posts that made several jobs, seed %d", seed)
                    .isEmpty();
            cluster.assertNothingIsLeftOver();
        }
    }

    private static List<String> endings(LiveCluster cluster) {
        return cluster.strings("""
                SELECT type || ' ' || status || coalesce(' ' || failure_code, '') || ': ' || count(*) FROM jobs
                GROUP BY type, status, failure_code ORDER BY 1""");
    }

    /** What is told of each job that did not end as it should. */
    private static List<String> wrong(LiveCluster cluster, RandomJobs jobs) {
        Map<String, Row> rows = new TreeMap<>();
        for (Row row : rows(cluster)) {
            rows.put(row.id(), row);
        }
        Map<String, List<Integer>> calls = jobs.calls();
        List<String> wrong = new ArrayList<>();
        for (String id : jobs.ids()) {
            Row row = rows.get(id);
            if (row == null) {
                wrong.add("job " + id + " was accepted and is lost");
                continue;
            }
            // At three deaths of its node a job is held to be their cause.
            boolean may = row.status().equals("completed")
                    || (row.status().equals("cancelled") && jobs.wasCancelled(id))
                    || (row.status().equals("failed") && row.code().equals("poison") && row.deaths() >= 3);
            if (!may) {
                wrong.add("ended as it should not: " + row);
            }
            int stored = jobs.documents().getOrDefault(id, 0);
            if (row.status().equals("completed") && (row.documents() != stored || row.processed() != stored)) {
                wrong.add("should have " + stored + " documents: " + row);
            }
            if (row.early()) {
                wrong.add("started before its time: " + row);
            }
            // Of a job that is cancelled while it waits for another attempt, the last one is history too.
            boolean remembered = row.history() == Math.max(0, row.attempt() - 1)
                    || (row.status().equals("cancelled") && row.history() == row.attempt());
            if (!remembered) {
                wrong.add("has not as many attempts behind it as it says: " + row);
            }
            if (calls.getOrDefault(id, List.of()).stream().anyMatch(attempt -> attempt > row.attempt())) {
                wrong.add("was called for attempts that it does not know: " + row);
            }
        }
        return wrong;
    }

    /**
     * A job as the tables have it.
     *
     * @param deaths of its nodes
     * @param history attempts that another one followed
     * @param documents that are stored
     * @param processed documents, by its result
     * @param early whether it started before its time
     */
    private record Row(
            String id,
            String status,
            String code,
            int attempt,
            int deaths,
            int history,
            int documents,
            int processed,
            boolean early) {}

    private static List<Row> rows(LiveCluster cluster) {
        return cluster.jdbi()
                .withHandle(handle -> handle.createQuery("""
                        SELECT id::text, status, coalesce(failure_code, '') AS code, attempt, node_deaths,
                            (SELECT count(*) FROM job_attempts AS a WHERE a.job_id = jobs.id) AS history,
                            (SELECT count(*) FROM documents AS d WHERE d.job_id = jobs.id) AS documents,
                            coalesce(result->>'documentsProcessed', '0')::int AS processed,
                            coalesce(started_at < scheduled_at, false) AS early
                        FROM jobs""")
                        .map((row, context) -> new Row(
                                row.getString("id"),
                                row.getString("status"),
                                row.getString("code"),
                                row.getInt("attempt"),
                                row.getInt("node_deaths"),
                                row.getInt("history"),
                                row.getInt("documents"),
                                row.getInt("processed"),
                                row.getBoolean("early")))
                        .list());
    }
}
