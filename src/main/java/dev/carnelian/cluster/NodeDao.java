package dev.carnelian.cluster;

import java.time.Duration;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** The statements against {@code nodes}. */
interface NodeDao {
    /** Takes the name unless a live node has it; 0 rows means it has. */
    @SqlUpdate("""
            INSERT INTO nodes (id, role, state, version, worker_threads, running, started_at, heartbeat_at)
            VALUES (:id, :role, 'up', :version, :workerThreads, 0, now(), now())
            ON CONFLICT (id) DO UPDATE SET role = excluded.role, state = 'up', version = excluded.version,
                worker_threads = excluded.worker_threads, running = 0, started_at = now(), heartbeat_at = now()
            WHERE nodes.heartbeat_at < now() - :lease
            """)
    int register(String id, String role, String version, int workerThreads, Duration lease);

    /** Puts the row back if somebody cleaned it up while this node was away. */
    @SqlUpdate("""
            INSERT INTO nodes (id, role, state, version, worker_threads, running, started_at, heartbeat_at)
            VALUES (:id, :role, :state, :version, :workerThreads, :running, now(), now())
            ON CONFLICT (id) DO UPDATE SET state = :state, running = :running, heartbeat_at = now()
            """)
    void heartbeat(String id, String role, String state, String version, int workerThreads, int running);

    @SqlUpdate("DELETE FROM nodes WHERE id = :id")
    void remove(String id);

    @SqlUpdate("DELETE FROM nodes WHERE heartbeat_at < now() - :age")
    int removeOlderThan(Duration age);
}
