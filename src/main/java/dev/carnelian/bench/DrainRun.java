package dev.carnelian.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** One run of a {@link Drain}: the nodes that are up, the jobs that were stored for them, and what was measured. */
final class DrainRun implements AutoCloseable {
    private static final long POLL_MILLIS = 10;
    private static final double LONG_ENOUGH_SECONDS = 6;
    private static final double SLICE_SECONDS = 3;

    private final Drain drain;
    private final String url;
    private final Drain.Bounds bounds;
    private final List<NodeProcess> nodes = new ArrayList<>();
    private final Measured[] totals = {Measured.NOTHING, Measured.NOTHING};
    private int stored;

    /** How many jobs were run in how many seconds. */
    private record Measured(long jobs, double seconds) {
        static final Measured NOTHING = new Measured(0, 0);

        Measured and(Measured more) {
            return new Measured(jobs + more.jobs, seconds + more.seconds);
        }

        boolean isLongEnough() {
            return seconds >= LONG_ENOUGH_SECONDS;
        }
    }

    /**
     * @param url a database with the contender's tables and nothing in them
     */
    DrainRun(Drain drain, String url, Drain.Bounds bounds) {
        this.drain = drain;
        this.url = url;
        this.bounds = bounds;
    }

    /** Starts the nodes, lets them run jobs until they are warm, and pauses them. */
    void warmUp(Children children, Server server) throws IOException, SQLException {
        for (int i = 0; i < Drain.NODES; i++) {
            nodes.add(NodeProcess.start(children, drain.contender(), url, server.folder()));
        }
        store(Drain.NODES * Math.min(bounds.warmUp(), drain.contender().warmUp()));
        long until = System.nanoTime() + bounds.warmUpSeconds() * 1_000_000_000L;
        while (left() > 0 && System.nanoTime() < until) {
            pause();
        }
        nodes.forEach(NodeProcess::pause);
    }

    /** One node, both, the other node, both, and so on, until both figures have had their time. */
    void measure() throws SQLException {
        fillUp();
        for (int turn = 0; true; turn++) {
            int number = 1 + turn % Drain.NODES;
            double seconds = Math.min(SLICE_SECONDS, bounds.limitSeconds() - totals[number - 1].seconds());
            boolean measured = turn >= bounds.turns() || Stream.of(totals).allMatch(Measured::isLongEnough);
            boolean gone = left() == 0;
            if (seconds <= 0 || (gone && measured)) {
                return;
            }
            if (gone) {
                fillUp();
            }
            // Each of the nodes has its turns alone.
            int first = number == 1 ? turn / Drain.NODES % Drain.NODES : 0;
            totals[number - 1] = totals[number - 1].and(slice(nodes.subList(first, first + number), seconds));
        }
    }

    private Measured slice(List<NodeProcess> chosen, double seconds) throws SQLException {
        try (Connection connection = Sql.source(url).getConnection()) {
            long before = left();
            long start = System.nanoTime();
            long until = start + (long) (seconds * 1e9);
            NodeProcess.resume(chosen);
            long left = before;
            boolean ended = false;
            while (!ended && System.nanoTime() < until) {
                pause();
                left = left();
                ended = left == 0 && drain.contender().unfinished(connection) == 0;
            }
            Measured measured = new Measured(before - left, (System.nanoTime() - start) / 1e9);
            chosen.forEach(NodeProcess::pause);
            return measured;
        }
    }

    /** Jobs a second of all slices by so many nodes. */
    double perSecond(int number) {
        Measured total = totals[number - 1];
        return total.jobs() / total.seconds();
    }

    /**
     * Stops the nodes; throws if a job was lost or run twice.
     *
     * @return the most megabytes of heap that one of them had in use at the end
     */
    long end() throws IOException, SQLException {
        long heap = 0;
        for (NodeProcess node : nodes) {
            heap = Math.max(heap, node.stop());
        }
        verify();
        return heap;
    }

    private void verify() throws IOException, SQLException {
        Set<String> once = new HashSet<>();
        for (NodeProcess node : nodes) {
            for (String job : node.runs()) {
                if (!once.add(job)) {
                    throw new IllegalStateException(drain + ": job " + job + " was run twice");
                }
            }
        }
        try (Connection connection = Sql.source(url).getConnection()) {
            long finished = drain.contender().finished(connection, stored);
            if (finished != once.size()) {
                throw new IllegalStateException(
                        drain + ": " + once.size() + " jobs were run, the database shows " + finished);
            }
        }
    }

    /** Stores what is missing of the backlog: a warm-up that was cut left a part of it. */
    private void fillUp() throws SQLException {
        store((int) Math.max(0, drain.backlog() - left()));
        Server.settle(url);
    }

    private void store(int number) throws SQLException {
        drain.contender().load(url, stored, number);
        stored += number;
    }

    /** How many of the stored jobs have not been run. */
    private long left() {
        return stored - nodes.stream().mapToLong(NodeProcess::count).sum();
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        nodes.forEach(NodeProcess::close);
    }
}
