package dev.carnelian.bench;

import java.io.IOException;
import java.sql.SQLException;

/**
 * How fast one node and two nodes of a contender work off a backlog that waits for them.
 *
 * <p>Two nodes are up and warm before a clock starts: they run jobs, are paused, the backlog is stored, and one of them
 * goes on, or both, for a slice of time: one node, both, the other node, both, and so on, so that both figures see the same
 * machine and the same backlog. A slice ends with its time, or when the database shows all jobs as ended, and counts what
 * was run until then. A backlog that is gone in a moment is stored and drained several times over for one figure.
 */
record Drain(Contender contender, int backlog) {
    static final int NODES = 2;

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
        try (DrainRun run = new DrainRun(this, url, bounds)) {
            run.warmUp(children, server);
            run.measure();
            long heap = run.end();
            for (int nodes = 1; nodes <= NODES; nodes++) {
                figures.add(name(contender.name(), nodes, backlog), run.perSecond(nodes), "jobs/s");
            }
            if (contender instanceof Product) {
                figures.add(heapName(backlog), (double) heap, "MB");
            }
        }
    }
}
