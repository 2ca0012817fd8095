package dev.carnelian.net;

import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Looks at the many addresses of one input: each host is resolved once, and all of them together for five seconds at most;
 * hosts that come later pass, as one does that does not resolve. For one thread.
 */
public final class TargetChecks {
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private final OutboundClient client;
    private final Set<String> seen = new HashSet<>();
    private final long endsAt = System.nanoTime() + LONGEST.toNanos();

    TargetChecks(OutboundClient client) {
        this.client = client;
    }

    /**
     * Looks at one of them.
     *
     * @return the address in the spelling that is connected to
     * @throws BlockedTargetException if a request to it would be refused
     */
    public URI check(String url) {
        Target target = Target.of(url);
        if (seen.add(target.url().host() + " " + target.url().port())) {
            client.check(target, Duration.ofNanos(endsAt - System.nanoTime()));
        }
        return target.url().uri();
    }
}
