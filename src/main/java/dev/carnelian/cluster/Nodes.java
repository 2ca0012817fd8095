package dev.carnelian.cluster;

import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This node's entry in the list of nodes. Thread-safe. */
final class Nodes {
    private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);
    private static final Duration KEPT_AFTER_LAST_HEARTBEAT = Duration.ofHours(1);

    private final Jdbi jdbi;
    private final Duration lease;

    /**
     * @param lease a node whose heartbeat is older has no more claim to its name
     */
    Nodes(Jdbi jdbi, Duration lease) {
        this.jdbi = jdbi;
        this.lease = lease;
    }

    /**
     * Enters this node under the wished name, or under that name and a suffix when a live node already has it.
     *
     * @return the name it got
     */
    String register(String wished, String role, String version, int workerThreads) {
        String name = wished;
        while (!tryRegister(name, role, version, workerThreads)) {
            name = wished + "-" + suffix();
            LOG.warn("a live node is already called {}: this one calls itself {}", wished, name);
        }
        return name;
    }

    private boolean tryRegister(String name, String role, String version, int workerThreads) {
        return jdbi.withExtension(NodeDao.class, dao -> dao.register(name, role, version, workerThreads, lease)) > 0;
    }

    void heartbeat(String id, String role, String state, String version, int workerThreads, int running) {
        jdbi.useExtension(NodeDao.class, dao -> dao.heartbeat(id, role, state, version, workerThreads, running));
    }

    void remove(String id) {
        jdbi.useExtension(NodeDao.class, dao -> dao.remove(id));
    }

    /** Forgets nodes that were last heard of an hour ago. */
    int removeStale() {
        return jdbi.withExtension(NodeDao.class, dao -> dao.removeOlderThan(KEPT_AFTER_LAST_HEARTBEAT));
    }

    /** Four hexadecimal digits. */
    static String suffix() {
        return HexFormat.of().toHexDigits((short) ThreadLocalRandom.current().nextInt());
    }
}
