package dev.carnelian.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How fast nodes of a contender work off a backlog that waits for them.
 *
 * <p>The nodes are up and warm before the clock starts: they run jobs, are paused, the backlog is stored, and they go on.
 * The clock stops when the database shows all jobs as ended, or at the limit, and then counts what was run until then.
 * A backlog that is gone in a moment is stored and drained several times over, which makes one figure.
 */
record Drain(Contender contender, int nodes, int backlog) {
    private static final long POLL_MILLIS = 10;
    private static final int MOST_TIMES = 5;
    private static final double LONG_ENOUGH_SECONDS = 3;

    /**
     * How long one run may take, and the most jobs and seconds that are spent on warming up its nodes.
     *
     * @param warmUp for each node, and no more than the contender needs
     */
    record Bounds(int limitSeconds, int warmUp, int warmUpSeconds) {}

    String name() {
        return name(contender.name(), nodes, backlog);
    }

    static String name(String contender, int nodes, int backlog) {
        return "drain, " + contender + ", " + (nodes == 1 ? "1 node" : nodes + " nodes") + ", " + size(backlog)
                + " waiting";
    }

    static String heapName(int backlog) {
        return "live heap of a node after it drained " + size(backlog);
    }

    static String size(int jobs) {
        return jobs % 1_000_000 == 0 ? jobs / 1_000_000 + " M" : jobs % 1_000 == 0 ? jobs / 1_000 + " k" : "" + jobs;
    }

    /** One run; throws if a job was lost or run twice. */
    void run(Server server, Children children, Bounds bounds, Figures figures) throws IOException, SQLException {
        String url = server.freshDatabase();
        contender.createTables(url);
        int warmUp = nodes * Math.min(bounds.warmUp(), contender.warmUp());
        List<NodeProcess> running = new ArrayList<>();
        try {
            for (int i = 0; i < nodes; i++) {
                running.add(NodeProcess.start(children, contender, url, server.folder()));
            }
            warmUp(running, url, warmUp, bounds.warmUpSeconds());
            int loaded = warmUp;
            Measured total = new Measured(0, 0);
            for (int time = 0; time < MOST_TIMES && total.seconds() < LONG_ENOUGH_SECONDS; time++) {
                contender.load(url, loaded, backlog);
                loaded += backlog;
                Server.settle(url);
                total = total.and(measure(running, url, loaded, bounds.limitSeconds()));
                running.forEach(NodeProcess::pause);
            }
            long heap = 0;
            for (NodeProcess node : running) {
                heap = Math.max(heap, node.stop());
            }
            verify(running, url, loaded);
            figures.add(name(), total.perSecond(), "jobs/s");
            if (contender instanceof Product) {
                figures.add(heapName(backlog), (double) heap, "MB");
            }
        } finally {
            running.forEach(NodeProcess::close);
        }
    }

    private void warmUp(List<NodeProcess> running, String url, int jobs, int seconds) throws SQLException {
        contender.load(url, 0, jobs);
        long until = System.nanoTime() + seconds * 1_000_000_000L;
        while (count(running) < jobs && System.nanoTime() < until) {
            pause();
        }
        running.forEach(NodeProcess::pause);
    }

    private record Measured(long jobs, double seconds) {
        Measured and(Measured more) {
            return new Measured(jobs + more.jobs, seconds + more.seconds);
        }

        double perSecond() {
            return jobs / seconds;
        }
    }

    /** What the warm-up left counts as part of the backlog. */
    private Measured measure(List<NodeProcess> running, String url, long all, int seconds) throws SQLException {
        try (Connection connection = Sql.source(url).getConnection()) {
            long before = count(running);
            long start = System.nanoTime();
            long until = start + seconds * 1_000_000_000L;
            NodeProcess.resume(running);
            boolean ended = false;
            while (!ended && System.nanoTime() < until) {
                pause();
                ended = count(running) >= all && contender.unfinished(connection) == 0;
            }
            long run = ended ? all - before : count(running) - before;
            return new Measured(run, (System.nanoTime() - start) / 1e9);
        }
    }

    private static long count(List<NodeProcess> running) {
        return running.stream().mapToLong(NodeProcess::count).sum();
    }

    private void verify(List<NodeProcess> ended, String url, long loaded) throws IOException, SQLException {
        Set<String> once = new HashSet<>();
        for (NodeProcess node : ended) {
            for (String job : node.runs()) {
                if (!once.add(job)) {
                    throw new IllegalStateException(name() + ": job " + job + " was run twice");
                }
            }
        }
        try (Connection connection = Sql.source(url).getConnection()) {
            long finished = contender.finished(connection, loaded);
            if (finished != once.size()) {
                throw new IllegalStateException(
                        name() + ": " + once.size() + " jobs were run, the database shows " + finished);
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
