package dev.carnelian.cluster;

/**
 * How a node stands in the cluster.
 *
 * @param worker whether the node is meant to run jobs; the next four say nothing of one that is not
 * @param schedulerRunning whether it claims jobs
 * @param leaseHeld whether its runs are still its own
 * @param leaseMillisLeft what is left of its lease
 * @param clockLagMillis how far its clock is behind the database's, negative when ahead
 * @param running attempts under way
 * @param abandoned handlers that ignored their interrupt and still run
 */
public record ClusterHealth(
        boolean worker,
        boolean schedulerRunning,
        boolean leaseHeld,
        long leaseMillisLeft,
        long clockLagMillis,
        int running,
        int abandoned) {}
