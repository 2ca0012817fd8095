package dev.carnelian.jobstore;

import dev.carnelian.jobstore.OnceRows.Fired;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes one-shots due again whose runs did not start or died with their node, and tells the application in the same
 * transaction. Runs that have ended meanwhile stay ended. Thread-safe.
 */
final class DueAgain {
    private final OnceRows rows;
    private final @Nullable StoreHook hook;

    DueAgain(OnceRows rows, @Nullable StoreHook hook) {
        this.rows = rows;
        this.hook = hook;
    }

    /** These runs of this node will not be. */
    void release(Connection connection, Collection<String> entryIds) throws SQLException {
        List<Run> runs = runs(rows.lock(connection, entryIds));
        if (runs.isEmpty()) {
            return;
        }
        rows.putBack(connection, runs.stream().map(Run::entryId).toList());
        if (hook != null) {
            hook.onReleased(connection, runs);
        }
    }

    /** The instance is dead: its one-shots are due again, but for those that must not run again. */
    void recover(Connection connection, String instance) throws SQLException {
        List<Fired> orphans = rows.lockAllOf(connection, instance);
        if (orphans.isEmpty()) {
            return;
        }
        Set<String> over = over(connection, orphans);
        var unused = rows.end(connection, over);
        rows.putBack(
                connection,
                runs(orphans).stream()
                        .map(Run::entryId)
                        .filter(entryId -> !over.contains(entryId))
                        .toList());
    }

    /** The application decides which must not run again; without one, Quartz's own flag does. */
    private Set<String> over(Connection connection, List<Fired> orphans) throws SQLException {
        if (hook != null) {
            return hook.onRecovered(connection, runs(orphans));
        }
        Set<String> over = new HashSet<>();
        for (Fired orphan : orphans) {
            if (!orphan.recoverable()) {
                over.add(orphan.run().entryId());
            }
        }
        return over;
    }

    private static List<Run> runs(List<Fired> fired) {
        return fired.stream().map(Fired::run).toList();
    }
}
