package dev.carnelian.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** One way to run jobs on PostgreSQL: its tables, its backlog, its nodes, and how its tables tell what was run. */
interface Contender {
    /** Worker threads of a node, the same for every contender. */
    int THREADS = 32;

    /** As the figures name it. */
    String name();

    /** How many jobs keep a node busy for some ten seconds, after which its JVM has compiled what it runs all the time. */
    int warmUp();

    void createTables(String url) throws SQLException;

    /**
     * Stores jobs that are due at once. The nodes are already connected.
     *
     * @param first the number of the first of them, for names
     */
    void load(String url, int first, int count) throws SQLException;

    /** How many jobs have not ended. */
    long unfinished(Connection connection) throws SQLException;

    /**
     * How many jobs ended well at their first attempt, after all nodes have left.
     *
     * @param loaded how many there were
     * @throws IllegalStateException if the tables show anything that should not be
     */
    long finished(Connection connection, long loaded) throws SQLException;

    /** Makes a node in this process. */
    Node open(String url, RunLog log);

    /** The one that has the name, also in a child process. */
    static Contender named(String name) {
        return List.of(new Product(), QuartzContender.store(), QuartzContender.stock(), new DbScheduler()).stream()
                .filter(contender -> contender.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no contender is named " + name));
    }
}
