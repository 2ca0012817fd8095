package dev.carnelian.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A drain of a hundred thousand jobs, one of whose two nodes is killed in the middle. */
class KilledDrainTest {
    private static final int JOBS = 100_000;
    /** What a node may hold at once: some 500 runs claimed ahead, and at most 2,000 ends not yet written. */
    private static final int MOST_HELD = 2_600;

    private static final int MOST_TRIES = 10;

    @TempDir
    private Path folder;

    @Test
    void losesNoJobAndRepeatsOnlyWhatTheNodeHeld() throws Exception {
        try (Server server = Server.start();
                Children children = new Children()) {
            String url = server.freshDatabase();
            Contender product = new Product();
            product.createTables(url);
            NodeProcess victim = NodeProcess.start(children, product, url, folder);
            NodeProcess survivor = NodeProcess.start(children, product, url, folder);
            // A node that starts first could be done before the other has started.
            victim.pause();
            survivor.pause();
            product.load(url, 0, JOBS);
            NodeProcess.resume(List.of(victim, survivor));
            await(url, "SELECT count(*) > %d FROM jobs WHERE status = 'completed'".formatted(JOBS / 5));

            long held = freeze(victim, url);
            victim.close();

            await(url, "SELECT count(*) = 0 FROM jobs WHERE final_status IS NULL");
            survivor.stop();
            try (Connection connection = Sql.source(url).getConnection()) {
                assertThat(Sql.number(connection, "SELECT count(*) FROM jobs WHERE status = 'completed'"))
                        .isEqualTo(JOBS);
                assertThat(Sql.number(connection, "SELECT count(*) FROM jobs WHERE attempt > 2"))
                        .isZero();
                long again = Sql.number(connection, "SELECT count(*) FROM jobs WHERE attempt = 2");
                assertThat(again).isEqualTo(held).isBetween(1L, (long) MOST_HELD);
                assertThat(Sql.number(connection, "SELECT count(*) FROM job_attempts WHERE outcome = 'lost'"))
                        .isEqualTo(again);
                assertThat(Sql.number(connection, "SELECT count(DISTINCT node) FROM job_attempts"))
                        .isOne();
                assertThat(Sql.number(connection, "SELECT count(*) FROM qrtz_triggers"))
                        .isZero();
                assertThat(Sql.number(connection, "SELECT count(*) FROM qrtz_fired_triggers"))
                        .isZero();
            }
        }
    }

    /** Stops the node, which was the first of all, at a moment when it holds runs; answers how many. */
    private static long freeze(NodeProcess node, String url) throws Exception {
        for (int tries = 1; tries <= MOST_TRIES; tries++) {
            signal(node, "STOP");
            // What it had sent already is still done.
            Thread.sleep(300);
            try (Connection connection = Sql.source(url).getConnection()) {
                long held = Sql.number(connection, """
                        SELECT count(*) FROM jobs
                        WHERE status = 'running' AND node = (SELECT id FROM nodes ORDER BY started_at LIMIT 1)""");
                if (held > 0) {
                    return held;
                }
            }
            signal(node, "CONT");
            Thread.sleep(20);
        }
        throw new AssertionError("the node held nothing at " + MOST_TRIES + " moments");
    }

    private static void signal(NodeProcess node, String signal) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + signal, String.valueOf(node.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    private static void await(String url, String condition) {
        Awaitility.await(condition)
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    try (Connection connection = Sql.source(url).getConnection()) {
                        return Sql.number(connection, "SELECT (" + condition + ")::int") == 1;
                    }
                });
    }
}
