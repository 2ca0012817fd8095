package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.access.ApiKeys;
import dev.carnelian.access.Scope;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.TenantId;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;

/** Nodes in processes of their own over one PostgreSQL, and what tests ask of them. */
final class LiveCluster implements AutoCloseable {
    private final TestDatabase database = TestDatabase.migrated();
    private final Jdbi jdbi = Jdbi.create(database.dataSource())
            .installPlugin(new SqlObjectPlugin())
            .installPlugin(new PostgresPlugin());
    private final String key = new ApiKeys(jdbi, Duration.ofSeconds(2), Duration.ofMinutes(1))
            .create(new TenantId("acme"), "test", EnumSet.allOf(Scope.class), null)
            .key();
    private final List<NodeProcess> nodes = new ArrayList<>();
    private final Path folder;

    /**
     * @param folder where the nodes leave their logs
     */
    LiveCluster(Path folder) {
        this.folder = folder;
    }

    NodeProcess start(String name, String... environment) {
        NodeProcess node = NodeProcess.start(name, database.jdbcUrl(), folder, NodeProcess.environment(environment));
        nodes.add(node);
        return node;
    }

    /** A node started by the launcher, as users start it. */
    NodeProcess startByLauncher(String name, String... environment) {
        Map<String, String> variables = NodeProcess.environment(environment);
        variables.put("CARNELIAN_JAR", System.getProperty("carnelian.jar"));
        variables.put("JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx300m " + ClassArchive.option());
        List<String> command = List.of(Path.of("carnelian").toAbsolutePath().toString(), "server");
        NodeProcess node = NodeProcess.start(command, name, database.jdbcUrl(), folder, variables);
        nodes.add(node);
        return node;
    }

    String key() {
        return key;
    }

    String jdbcUrl() {
        return database.jdbcUrl();
    }

    Jdbi jdbi() {
        return jdbi;
    }

    /** Posts a job and returns its id. */
    String create(NodeProcess node, String job) {
        HttpResponse<String> created = node.post(key, "/jobs", job);
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        return NodeProcess.data(created).path("id").asText();
    }

    /** Uploads a file and returns its id. */
    String upload(NodeProcess node, String name, byte[] bytes) {
        HttpResponse<String> stored = node.upload(key, name, bytes);
        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(201);
        return NodeProcess.data(stored).path("id").asText();
    }

    /** Runs the failed items of a job again and returns the id of the job that does. */
    String rerunFailed(NodeProcess node, String id) {
        HttpResponse<String> rerun = node.post(key, "/jobs/" + id + "/rerun", "{\"only\": \"failed_items\"}");
        assertThat(rerun.statusCode()).as(rerun.body()).isEqualTo(201);
        return NodeProcess.data(rerun).path("id").asText();
    }

    JsonNode get(NodeProcess node, String path) {
        HttpResponse<String> answer = node.get(key, path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return NodeProcess.data(answer);
    }

    String status(NodeProcess node, String id) {
        return get(node, "/jobs/" + id).path("status").asText();
    }

    /** The job once it is final. */
    JsonNode ended(NodeProcess node, String id, Duration atMost) {
        Awaitility.await("job " + id + " to end")
                .pollInterval(Duration.ofMillis(100))
                .atMost(atMost)
                .until(() -> List.of("completed", "failed", "cancelled").contains(status(node, id)));
        return get(node, "/jobs/" + id);
    }

    /** How many jobs there are with that condition in SQL. */
    int count(String condition) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM jobs WHERE <condition>")
                .define("condition", condition)
                .mapTo(Integer.class)
                .one());
    }

    int running(NodeProcess node) {
        return count("status = 'running' AND node = '" + node.name() + "'");
    }

    /** The first column of a query, as text. */
    List<String> strings(String sql) {
        return jdbi.withHandle(
                handle -> handle.createQuery(sql).mapTo(String.class).list());
    }

    /** Fails if a trigger or the record of a run outlives the jobs. */
    void assertNothingIsLeftOver() {
        Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            assertThat(strings("SELECT trigger_name FROM qrtz_triggers")).isEmpty();
            assertThat(strings("SELECT trigger_name FROM qrtz_simple_triggers")).isEmpty();
            assertThat(strings("SELECT entry_id FROM qrtz_fired_triggers")).isEmpty();
        });
    }

    @Override
    public void close() {
        nodes.forEach(NodeProcess::close);
    }
}
