package dev.carnelian.cluster;

import java.time.Instant;

/**
 * A node of the cluster as its last heartbeat left it.
 *
 * @param role {@code server} or {@code worker}
 * @param state {@code up} or {@code draining}
 * @param running attempts under way at the heartbeat
 * @param live whether the heartbeat is younger than a lease
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
