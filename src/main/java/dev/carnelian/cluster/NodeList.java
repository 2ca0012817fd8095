package dev.carnelian.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;

/** Reads which nodes there are. Thread-safe. */
public final class NodeList {
    private final Jdbi jdbi;
    private final Duration lease;

    /**
     * @param lease a node that has not been heard of for longer is not live
     */
    public NodeList(Jdbi jdbi, Duration lease) {
        this.jdbi = jdbi;
        this.lease = lease;
    }

    /**
     * A node as it last said of itself.
     *
     * @param role server or worker
     * @param state up or draining
     * @param running jobs it was running
     * @param live whether it has been heard of within the lease, by the database's clock
     */
    public record Node(
            String id,
            String role,
            String state,
            String version,
            int workerThreads,
            int running,
            Instant startedAt,
            Instant heartbeatAt,
            boolean live) {}

    /** All nodes, by their ids. */
    public List<Node> list() {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT id, role, state, version, worker_threads, running, started_at, heartbeat_at,
                            heartbeat_at > now() - :leaseMs * interval '1 millisecond' AS live
                        FROM nodes ORDER BY id LIMIT 1000""")
                .bind("leaseMs", lease.toMillis())
                .registerRowMapper(ConstructorMapper.factory(Node.class))
                .mapTo(Node.class)
                .list());
    }
}
