package dev.carnelian.bench;

import java.util.List;

/** Runs a few statements over and over from several sessions, each statement a transaction. */
interface StatementBench {
    /** Who sends the statements, for the figures' names. */
    String name();

    /**
     * Answers how many scripts a second all sessions together ran.
     *
     * @param script a statement that returns one row with one column leaves it as {@code :ids} for the next
     * @param clients sessions
     * @param each how often each session runs the script
     */
    double perSecond(String url, List<String> script, int clients, int each);

    /** pgbench if the machine has it, else plain JDBC. */
    static StatementBench best() {
        return Pgbench.isPresent() ? new Pgbench() : new JdbcBench();
    }
}
