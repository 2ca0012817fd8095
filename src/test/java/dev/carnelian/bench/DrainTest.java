package dev.carnelian.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tiny drains by real child processes. */
class DrainTest {
    private static final int BACKLOG = 40;
    private static final Drain.Bounds BOUNDS = new Drain.Bounds(30, 4, 10, 10);

    private static Server server;
    private static Children children;

    private final StringWriter printed = new StringWriter();
    private final PrintWriter out = new PrintWriter(printed, true);
    private final Figures figures = new Figures(out);

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws Exception {
        server = Server.start();
        children = new Children();
    }

    @AfterAll
    static void end() {
        children.close();
        server.close();
    }

    @Test
    void aDrainByOneAndByTwoNodesIsMeasuredAndReported() throws Exception {
        new Drain(new Product(), BACKLOG).run(server, children, BOUNDS, figures);

        Options options = new Options(1, List.of(BACKLOG), 30, Set.of(), true, folder);
        new Report(figures, options).write("a machine", out);
        JsonNode figure = new ObjectMapper()
                .readTree(folder.resolve("bench.json").toFile())
                .path("figures")
                .path(1);
        assertThat(figure.path("name").asText()).isEqualTo("drain, Carnelian, 2 nodes, 40 waiting");
        assertThat(figure.path("value").asDouble()).isPositive();
        assertThat(figure.path("unit").asText()).isEqualTo("jobs/s");
        assertThat(folder.resolve("rate-by-nodes.svg")).content().contains("2 nodes");
        assertThat(printed.toString()).contains("| product drain / db-scheduler | not measured |");
    }

    @Test
    void theOtherContendersDrainToo() throws Exception {
        for (Contender contender : List.of(QuartzContender.store(), QuartzContender.stock(), new DbScheduler())) {
            new Drain(contender, BACKLOG).run(server, children, BOUNDS, figures);
        }

        assertThat(figures.list()).hasSize(6).allMatch(figure -> figure.value() > 0);
    }

    @Test
    void aRunThatTheTablesDoNotConfirmFails() {
        Drain drain = new Drain(new Forgetful(new Product()), BACKLOG);

        assertThatThrownBy(() -> drain.run(server, children, BOUNDS, figures))
                .hasMessageContaining("180 jobs were run, the database shows 179");
        assertThat(figures.list()).isEmpty();
    }

    /** Its tables are a job short. */
    private record Forgetful(Contender inner) implements Contender {
        @Override
        public String name() {
            return inner.name();
        }

        @Override
        public int warmUp() {
            return inner.warmUp();
        }

        @Override
        public void createTables(String url) throws SQLException {
            inner.createTables(url);
        }

        @Override
        public void load(String url, int first, int count) throws SQLException {
            inner.load(url, first, count);
        }

        @Override
        public long unfinished(Connection connection) throws SQLException {
            return inner.unfinished(connection);
        }

        @Override
        public long finished(Connection connection, long loaded) throws SQLException {
            return inner.finished(connection, loaded) - 1;
        }

        @Override
        public Node open(String url, RunLog log) {
            return inner.open(url, log);
        }
    }
}
