package dev.carnelian.crawl;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The addresses that come next, host by host in turn, so that no host waits for another. Only a few addresses of each
 * host are in memory, the others wait in the frontier. For one thread.
 */
final class HostQueues {
    private static final int MOST_HOSTS = 1_000;
    private static final int WINDOW = 16;
    private static final int UNANSWERED_IN_A_ROW = 6;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

    private final Frontier frontier;
    private final int threads;
    private final Map<String, Host> hosts = new LinkedHashMap<>();

    /**
     * @param threads requests at once to a host that asks for no delay
     */
    HostQueues(Frontier frontier, int threads) {
        this.frontier = frontier;
        this.threads = threads;
    }

    private static final class Host {
        private final Deque<Target> next = new ArrayDeque<>();
        private final Set<Integer> underWay = new HashSet<>();
        private long readyAt = System.nanoTime();
        private boolean moreWait = true;
        private int unanswered;
        // Its delay is not known before its robots.txt is.
        private int atOnce = 1;

        boolean isFree() {
            return underWay.size() < atOnce && nanosToReady() <= 0;
        }

        long nanosToReady() {
            return readyAt - System.nanoTime();
        }

        boolean isOver() {
            return next.isEmpty() && underWay.isEmpty() && !moreWait;
        }

        void heard(boolean answered) {
            unanswered = answered ? 0 : unanswered + 1;
            // One that is given up is not asked again, so nobody has to wait for it.
            if (unanswered > 0 && unanswered < UNANSWERED_IN_A_ROW) {
                pause(FIRST_PAUSE.multipliedBy(1L << (unanswered - 1)));
            }
        }

        void pause(Duration pause) {
            long until = System.nanoTime() + pause.toNanos();
            readyAt = readyAt - until > 0 ? readyAt : until;
        }
    }

    /** Tells that addresses were added to the frontier. */
    void added(Collection<String> urls) {
        urls.stream().map(Addresses::host).distinct().forEach(this::know);
    }

    private void know(String name) {
        Host host = hosts.get(name);
        if (host != null) {
            host.moreWait = true;
        } else if (hosts.size() < MOST_HOSTS) {
            hosts.put(name, new Host());
        }
    }

    /** An address whose host may be asked now, if there is one; it is under way until it is told otherwise. */
    Optional<Target> next() {
        Iterator<Map.Entry<String, Host>> turn = hosts.entrySet().iterator();
        while (turn.hasNext()) {
            Map.Entry<String, Host> entry = turn.next();
            Host host = entry.getValue();
            if (host.isFree()) {
                fill(entry.getKey(), host);
                Target target = host.next.poll();
                if (target != null) {
                    host.underWay.add(target.position());
                    turn.remove();
                    hosts.put(entry.getKey(), host);
                    return Optional.of(target);
                }
            }
            if (host.isOver()) {
                turn.remove();
            }
        }
        return Optional.empty();
    }

    private void fill(String name, Host host) {
        if (host.next.isEmpty() && host.moreWait) {
            List<Target> loaded = frontier.waiting(name, new ArrayList<>(host.underWay), WINDOW);
            host.next.addAll(loaded);
            host.moreWait = loaded.size() == WINDOW;
        }
    }

    /** Looks for hosts that were not known because there were too many; false if the frontier has none. */
    boolean refill() {
        frontier.hostsWaiting(MOST_HOSTS).forEach(this::know);
        return !hosts.isEmpty();
    }

    /** The address is done with, and its host wants this long between two requests. */
    void done(Target target, Duration delay, boolean answered) {
        Host host = back(target);
        host.atOnce = delay.isZero() ? threads : 1;
        if (!isGivenUp(target)) {
            host.heard(answered);
        }
    }

    /** The address has to wait, the next of its host too. */
    void notYet(Target target, Duration wait) {
        Host host = back(target);
        host.next.addFirst(target);
        host.pause(wait);
    }

    /** The address is tried again after the others that are known of its host. */
    void again(Target target, Duration pause, boolean answered) {
        Host host = back(target);
        host.next.addLast(target);
        host.pause(pause);
        host.heard(answered);
    }

    private Host back(Target target) {
        Host host = hosts.computeIfAbsent(target.host(), name -> new Host());
        host.underWay.remove(target.position());
        return host;
    }

    /** Whether a host has not answered for so many times that it is left alone. */
    boolean isGivenUp(Target target) {
        Host host = hosts.get(target.host());
        return host != null && host.unanswered >= UNANSWERED_IN_A_ROW;
    }

    boolean isEmpty() {
        return hosts.isEmpty();
    }

    /** How long until a host may be asked again; zero if one may be asked now. */
    Duration untilReady() {
        return Duration.ofNanos(hosts.values().stream()
                .filter(host -> host.underWay.size() < host.atOnce)
                .mapToLong(host -> Math.max(0, host.nanosToReady()))
                .min()
                .orElse(0));
    }
}
