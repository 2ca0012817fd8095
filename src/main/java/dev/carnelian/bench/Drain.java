package dev.carnelian.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How fast one node and two nodes of a contender work off a backlog that waits for them.
 *
 * <p>Two nodes are up and warm before a clock starts: they run jobs, are paused, the backlog is stored, and one of them
 * goes on, or both, for a slice of time: one node, both, the other node, both, and so on, so that both figures see the same
 * machine and the same backlog. A slice ends when the database shows all jobs as ended, and counts what was run until then.
 * A backlog that is gone in a moment is stored and drained several times over for one figure.
 */
record Drain(Contender contender, int backlog) {
    private static final long POLL_MILLIS = 10;
    private static final int NODES = 2;
    private static final double LONG_ENOUGH_SECONDS = 6;
    private static final double SLICE_SECONDS = 3;

    /**
     * How long one run may take.
     *
     * @param limitSeconds for each of the two figures
     * @param turns after so many slices a backlog that was gone in a moment is not stored again
     * @param warmUp the most jobs for each node; no more than the contender needs
     * @param warmUpSeconds for all of them
     */
    record Bounds(int limitSeconds, int turns, int warmUp, int warmUpSeconds) {}

    @Override
    public String toString() {
        return "drain, " + contender.name() + ", " + size(backlog) + " waiting";
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
        int loaded = NODES * Math.min(bounds.warmUp(), contender.warmUp());
        List<NodeProcess> running = new ArrayList<>();
        try {
            for (int i = 0; i < NODES; i++) {
                running.add(NodeProcess.start(children, contender, url, server.folder()));
            }
            warmUp(running, url, loaded, bounds.warmUpSeconds());
            Measured[] totals = {Measured.NOTHING, Measured.NOTHING};
            for (int turn = 0; true; turn++) {
                int left = (int) (loaded - count(running));
                int nodes = 1 + turn % NODES;
                if (turn == 0 || left == 0) {
                    if (turn >= bounds.turns() || Stream.of(totals).allMatch(Measured::isLongEnough)) {
                        break;
                    }
                    contender.load(url, loaded, Math.max(0, backlog - left));
                    loaded += Math.max(0, backlog - left);
                    Server.settle(url);
                }
                double seconds = Math.min(SLICE_SECONDS, bounds.limitSeconds() - totals[nodes - 1].seconds());
                if (seconds <= 0) {
                    break;
                }
                // Each of them has its turns alone.
                int first = nodes == 1 ? turn / NODES % NODES : 0;
                List<NodeProcess> chosen = running.subList(first, first + nodes);
                totals[nodes - 1] = totals[nodes - 1].and(measure(running, chosen, url, loaded, seconds));
            }
            long heap = 0;
            for (NodeProcess node : running) {
                heap = Math.max(heap, node.stop());
            }
            verify(running, url, loaded);
            for (int nodes = 1; nodes <= NODES; nodes++) {
                figures.add(name(contender.name(), nodes, backlog), totals[nodes - 1].perSecond(), "jobs/s");
            }
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
        static final Measured NOTHING = new Measured(0, 0);

        Measured and(Measured more) {
            return new Measured(jobs + more.jobs, seconds + more.seconds);
        }

        boolean isLongEnough() {
            return seconds >= LONG_ENOUGH_SECONDS;
        }

        double perSecond() {
            return jobs / seconds;
        }
    }

    /** A slice of a drain by some of the nodes. */
    private Measured measure(List<NodeProcess> running, List<NodeProcess> chosen, String url, long all, double seconds)
            throws SQLException {
        try (Connection connection = Sql.source(url).getConnection()) {
            long before = count(running);
            long start = System.nanoTime();
            long until = start + (long) (seconds * 1e9);
            NodeProcess.resume(chosen);
            boolean ended = false;
            while (!ended && System.nanoTime() < until) {
                pause();
                ended = count(running) >= all && contender.unfinished(connection) == 0;
            }
            long run = ended ? all - before : count(running) - before;
            Measured measured = new Measured(run, (System.nanoTime() - start) / 1e9);
            chosen.forEach(NodeProcess::pause);
            return measured;
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
                    throw new IllegalStateException(this + ": job " + job + " was run twice");
                }
            }
        }
        try (Connection connection = Sql.source(url).getConnection()) {
            long finished = contender.finished(connection, loaded);
            if (finished != once.size()) {
                throw new IllegalStateException(
                        this + ": " + once.size() + " jobs were run, the database shows " + finished);
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
