package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes of the built jar over one PostgreSQL, and real faults. */
class ClusterIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private LiveCluster cluster;
    private String key;

    @BeforeEach
    void open() {
        cluster = new LiveCluster(folder);
        key = cluster.key();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void threeNodesCompleteThreeHundredJobsThoughOneIsKilled() {
        List<NodeProcess> three = List.of(start("a"), start("b"), start("c"));
        three.forEach(NodeProcess::ready);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            ids.add(cluster.create(three.get(i % 3), texts(40)));
        }
        NodeProcess victim = three.get(1);
        Awaitility.await("the victim to be busy in the middle")
                .pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(60))
                .until(() -> cluster.count("status = 'completed'") >= 60 && cluster.running(victim) > 0);

        victim.signal("KILL");

        Awaitility.await("all jobs to be completed")
                .atMost(Duration.ofMinutes(2))
                .untilAsserted(
                        () -> assertThat(cluster.count("status = 'completed'")).isEqualTo(300));
        assertThat(ids).hasSize(300).doesNotHaveDuplicates();
        Set<String> runAgain = Set.copyOf(cluster.strings("SELECT id FROM jobs WHERE attempt > 1"));
        Set<String> lostWithVictim =
                Set.copyOf(cluster.strings("SELECT job_id FROM job_attempts WHERE outcome = 'lost' AND node = 'b'"));
        assertThat(runAgain).isNotEmpty().isEqualTo(lostWithVictim).hasSizeLessThanOrEqualTo(4);
        assertThat(cluster.strings("SELECT outcome FROM job_attempts WHERE NOT (outcome = 'lost' AND node = 'b')"))
                .isEmpty();
        cluster.assertNothingIsLeftOver();
        assertThat(cluster.count("(result->>'documentsProcessed')::int = 40")).isEqualTo(300);
        assertThat(cluster.strings("SELECT count(*)::text FROM documents")).containsExactly("12000");
    }

    @Test
    void aFrozenNodeThatWakesAfterItsLeaseChangesNothing() throws Exception {
        NodeProcess frozen = start("frozen").ready();
        String id = cluster.create(frozen, texts(700));
        Awaitility.await().pollInterval(Duration.ofMillis(20)).until(() -> cluster.running(frozen) == 1);

        frozen.signal("STOP");
        NodeProcess peer = start("peer").ready();
        Awaitility.await("the peer to do the job again")
                .atMost(Duration.ofSeconds(60))
                .until(() -> cluster.count("status = 'completed'") == 1);
        List<Map<String, Object>> before = everything();
        frozen.signal("CONT");
        Awaitility.await("the woken node to notice")
                .atMost(Duration.ofSeconds(20))
                .until(() -> frozen.log().contains("could not renew its lease in time"));
        String next = cluster.create(peer, texts(1));
        Awaitility.await().until(() -> cluster.status(frozen, next).equals("completed"));

        cluster.jdbi().useHandle(handle -> handle.execute("DELETE FROM jobs WHERE id = ?::uuid", next));
        cluster.jdbi().useHandle(handle -> handle.execute("DELETE FROM documents WHERE job_id = ?::uuid", next));
        cluster.jdbi().useHandle(handle -> handle.execute("DELETE FROM job_items WHERE job_id = ?::uuid", next));
        cluster.jdbi().useHandle(handle -> handle.execute("DELETE FROM job_progress WHERE job_id = ?::uuid", next));
        assertThat(everything()).isEqualTo(before);
        assertThat(cluster.strings("SELECT node || ' ' || code FROM job_attempts"))
                .containsExactly("frozen node_lost");
        JsonNode job = NodeProcess.data(peer.get(key, "/jobs/" + id));
        assertThat(job.path("attempt").asInt()).isEqualTo(2);
        assertThat(job.path("node").asText()).isEqualTo("peer");
        Awaitility.await("the woken node to belong to the cluster again")
                .atMost(Duration.ofSeconds(10))
                .until(() -> frozen.readiness() == 200);
        cluster.assertNothingIsLeftOver();
    }

    @Test
    void aNodeThatIsToldToStopHandsItsJobsOver() throws Exception {
        NodeProcess leaving = cluster.start("leaving", "CARNELIAN_DRAIN", "500ms");
        leaving.ready();
        NodeProcess staying = start("staying").ready();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            ids.add(cluster.create(leaving, texts(500)));
        }
        Awaitility.await().until(() -> cluster.running(leaving) > 0 && cluster.running(staying) > 0);

        leaving.signal("TERM");

        Awaitility.await("readiness to be withdrawn")
                .pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(2))
                .until(() -> leaving.readiness() != 200);
        assertThat(leaving.exitCode(Duration.ofSeconds(45))).isIn(0, 143);
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .until(() -> cluster.count("status = 'completed'") == ids.size());
        assertThat(cluster.count("attempt <> 1"))
                .as("what is handed back costs no attempt")
                .isZero();
        assertThat(cluster.strings("SELECT outcome FROM job_attempts")).isEmpty();
        cluster.assertNothingIsLeftOver();
    }

    @Test
    void cancelsAndRerunsThatRaceEndInOneStatusForEver() throws Exception {
        NodeProcess one = start("one");
        NodeProcess two = start("two").ready();
        one.ready();
        ExecutorService threads = Executors.newFixedThreadPool(7);
        for (int round = 0; round < 15; round++) {
            String id = cluster.create(round % 2 == 0 ? one : two, texts(1 + round));
            List<CompletableFuture<HttpResponse<String>>> cancels = new ArrayList<>();
            List<CompletableFuture<HttpResponse<String>>> reruns = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                NodeProcess node = i % 2 == 0 ? one : two;
                cancels.add(
                        CompletableFuture.supplyAsync(() -> node.post(key, "/jobs/" + id + "/cancel", "{}"), threads));
                reruns.add(
                        CompletableFuture.supplyAsync(() -> node.post(key, "/jobs/" + id + "/rerun", "{}"), threads));
            }
            List<Integer> cancelled =
                    cancels.stream().map(answer -> answer.join().statusCode()).toList();
            List<HttpResponse<String>> rerun =
                    reruns.stream().map(CompletableFuture::join).toList();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> !Set.of("pending", "running").contains(cluster.status(one, id)));
            String last = cluster.status(two, id);

            assertThat(cancelled).isSubsetOf(200, 202, 409);
            assertThat(last).isEqualTo(cancelled.contains(409) ? "completed" : "cancelled");
            rerun.forEach(answer -> assertThat(answer.statusCode())
                    .as(() -> answer.body() + "\n" + one.log() + "\n" + two.log())
                    .isIn(201, 409));
            rerun.stream().filter(answer -> answer.statusCode() == 201).forEach(answer -> {
                JsonNode again = NodeProcess.data(answer);
                assertThat(last).isEqualTo("completed");
                assertThat(again.path("originalJobId").asText()).isEqualTo(id);
                assertThat(again.path("id").asText()).isNotEqualTo(id);
            });
        }
        threads.shutdown();
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> cluster.count("final_status IS NULL") == 0);
        cluster.assertNothingIsLeftOver();
    }

    private NodeProcess start(String name) {
        return cluster.start(name);
    }

    /** A job on so many short texts, each of which is stored in a transaction of its own. */
    private static String texts(int number) {
        ObjectNode job = JSON.createObjectNode().put("type", "document_processing");
        ArrayNode documents = job.putObject("input").putArray("documents");
        for (int i = 0; i < number; i++) {
            documents.addObject().put("text", "Text number " + i + " of a job that has several of them.");
        }
        return job.toString();
    }

    /** Everything that a job's attempt may write. */
    private List<Map<String, Object>> everything() {
        return cluster.jdbi().withHandle(handle -> {
            List<Map<String, Object>> rows = new ArrayList<>();
            for (String table : List.of("jobs", "job_progress", "job_attempts", "job_items", "job_logs")) {
                rows.addAll(handle.createQuery("SELECT t::text AS row FROM <table> AS t ORDER BY 1")
                        .define("table", table)
                        .mapToMap()
                        .list());
            }
            rows.addAll(handle.createQuery("SELECT count(*) AS documents FROM documents")
                    .mapToMap()
                    .list());
            return rows;
        });
    }
}
