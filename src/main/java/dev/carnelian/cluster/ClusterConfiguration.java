package dev.carnelian.cluster;

import io.dropwizard.util.Duration;
import io.dropwizard.validation.MaxDuration;
import io.dropwizard.validation.MinDuration;
import io.dropwizard.validation.ValidationMethod;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.util.concurrent.TimeUnit;

/**
 * The {@code cluster} section of config.yml. Defaults are written there, never here.
 *
 * @param nodeId this node's name among its peers; empty means host name and a random suffix
 * @param workerThreads jobs this node runs at once; 0 for a node that only serves the API
 * @param heartbeat how often the node renews its lease and looks for cancelled jobs
 * @param lease how long after its last heartbeat a node's jobs are left to it
 * @param drain how long running jobs may go on after the node was told to stop
 * @param grace how long a handler may take to stop when it is cancelled or out of time
 */
public record ClusterConfiguration(
        @NotNull
        @Pattern(
                regexp = "[A-Za-z0-9._-]{0,63}",
                message = "must be up to 63 of A-Z, a-z, 0-9, dot, hyphen and underscore")
        String nodeId,

        @Min(0) @Max(256) int workerThreads,

        @NotNull
        @MinDuration(value = 200, unit = TimeUnit.MILLISECONDS)
        @MaxDuration(value = 60, unit = TimeUnit.SECONDS)
        Duration heartbeat,

        @NotNull @MinDuration(value = 1, unit = TimeUnit.SECONDS) @MaxDuration(value = 10, unit = TimeUnit.MINUTES)
        Duration lease,

        @NotNull @MaxDuration(value = 1, unit = TimeUnit.HOURS)
        Duration drain,

        @NotNull @MaxDuration(value = 60, unit = TimeUnit.SECONDS)
        Duration grace) {

    /** A node that misses one heartbeat must not lose its jobs. */
    @ValidationMethod(
            message = "lease must be at least three times heartbeat; set CARNELIAN_LEASE or CARNELIAN_HEARTBEAT")
    public boolean isLeaseLongEnough() {
        return lease == null || heartbeat == null || lease.toMilliseconds() >= 3 * heartbeat.toMilliseconds();
    }
}
