package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Lets an application change its own tables in the very transactions in which the store changes its one-shots: those that
 * {@link PostgresJobStore#storeOneShots} stored.
 *
 * <p>Called from several threads at once, with lists of any size from 1 up. A method must not commit, roll back or close
 * the connection, must not wait for anything but the database, and an exception it throws rolls the whole transaction
 * back, which the store then tries again. It may so be called more than once for the same run: once for each try, of
 * which at most one commits.
 */
public interface StoreHook {
    /**
     * Runs were claimed and are about to start.
     *
     * @return entry ids that must not run; their triggers are deleted in the same transaction
     */
    Set<String> onFired(Connection connection, List<Run> runs) throws SQLException;

    /**
     * Runs ended on this node and were still this node's: a run that was taken away in between is not among them. Their
     * triggers are already deleted, so a trigger of the same key may be stored here (a retry).
     *
     * @param outcomes what {@link PostgresJobStore#recordOutcome} was given, by entry id; a run without one is missing
     */
    void onCompleted(Connection connection, List<Run> runs, Map<String, Object> outcomes) throws SQLException;

    /**
     * The node of these runs is dead: their triggers are due again.
     *
     * @return entry ids that must not run again; their triggers are deleted in the same transaction
     */
    Set<String> onRecovered(Connection connection, List<Run> runs) throws SQLException;

    /** These runs did not start, or were handed back by a node that drains: their triggers are due again. */
    void onReleased(Connection connection, List<Run> runs) throws SQLException;

    /** Peers may take this node's runs over, or have: everything it runs must stop. Called outside any transaction. */
    void onLeaseLost();
}
