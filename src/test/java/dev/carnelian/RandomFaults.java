package dev.carnelian;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes over one database that fare ill: they are killed, frozen and told to stop, their links are cut or fall silent, and
 * the database ends their sessions, hangs or crashes. A seed always gives the same faults in the same order.
 */
final class RandomFaults implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RandomFaults.class);
    private static final Duration LONGEST_STOP = Duration.ofSeconds(60);

    private final LiveCluster cluster;
    private final Random random;
    private final List<Place> places = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Semaphore database = new Semaphore(1);
    private final AtomicInteger faults = new AtomicInteger();
    private final List<String> lasting = new CopyOnWriteArrayList<>();

    /** Where a node runs, one after the other. */
    private final class Place {
        private final String name;
        private final FaultyLink link;
        private final Semaphore well = new Semaphore(1);
        private volatile NodeProcess node;

        Place(String name) throws IOException {
            this.name = name;
            this.link = new FaultyLink(
                    URI.create(cluster.jdbcUrl().substring("jdbc:".length())).getPort());
            this.node = start();
        }

        private NodeProcess start() {
            String url = cluster.jdbcUrl().replaceFirst("localhost:\\d+", "localhost:" + link.port());
            return cluster.start(
                    name,
                    "CARNELIAN_DATABASE_URL",
                    url,
                    "CARNELIAN_EGRESS_ALLOW",
                    "127.0.0.1",
                    "CARNELIAN_DRAIN",
                    "3s",
                    "CARNELIAN_GRACE",
                    "1s");
        }
    }

    RandomFaults(LiveCluster cluster, int nodes, long seed) throws IOException {
        this.cluster = cluster;
        this.random = new Random(seed);
        for (int i = 0; i < nodes; i++) {
            places.add(new Place("node-" + i));
        }
        places.forEach(place -> place.node.ready());
    }

    /** One of the nodes, as well as it is. */
    NodeProcess any(Random choice) {
        return places.get(choice.nextInt(places.size())).node;
    }

    int faults() {
        return faults.get();
    }

    /** Faults that were not over in time: a node ended by itself, or did not get ready again. */
    List<String> lasting() {
        return lasting;
    }

    /** Does harm for so long. */
    void happenFor(Duration time) throws InterruptedException {
        long until = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < until) {
            Thread.sleep(500 + random.nextInt(4_000));
            Place place = places.get(random.nextInt(places.size()));
            int kind = random.nextInt(6);
            long millis = 500L + random.nextInt(12_000);
            int way = random.nextInt(3);
            if (kind == 5) {
                tryTo(database, () -> harmDatabase(way, millis));
            } else {
                tryTo(place.well, () -> harm(place, kind, millis));
            }
        }
    }

    /** Waits until every fault is over and all nodes are ready. */
    void end() throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(3, TimeUnit.MINUTES)) {
            throw new AssertionError("a fault does not end");
        }
        places.forEach(place -> place.node.ready());
    }

    private interface Fault {
        void happen() throws Exception;
    }

    /** Unless another fault is under way there. */
    private void tryTo(Semaphore free, Fault fault) {
        if (free.tryAcquire()) {
            int unused = faults.incrementAndGet();
            threads.execute(() -> {
                try {
                    fault.happen();
                } catch (Exception | AssertionError e) {
                    LOG.error("a fault lasts", e);
                    lasting.add(e.toString());
                } finally {
                    free.release();
                }
            });
        }
    }

    private void harm(Place place, int kind, long millis) throws InterruptedException {
        switch (kind) {
            case 0 -> {
                LOG.info("kill {}", place.name);
                place.node.signal("KILL");
                Thread.sleep(millis / 2);
                place.node = place.start();
            }
            case 1 -> {
                LOG.info("freeze {} for {} ms", place.name, millis);
                place.node.signal("STOP");
                Thread.sleep(millis);
                place.node.signal("CONT");
            }
            case 2 -> {
                LOG.info("stop {}", place.name);
                place.node.signal("TERM");
                int unused = place.node.exitCode(LONGEST_STOP);
                place.node = place.start();
            }
            case 3 -> impair(place, FaultyLink.State.CUT, millis);
            default -> impair(place, FaultyLink.State.SILENT, millis);
        }
        place.node.ready();
    }

    private static void impair(Place place, FaultyLink.State state, long millis) throws InterruptedException {
        LOG.info("link of {} {} for {} ms", place.name, state, millis);
        place.link.become(state);
        Thread.sleep(millis);
        place.link.become(FaultyLink.State.OPEN);
    }

    private void harmDatabase(int kind, long millis) throws Exception {
        List<String> sessions = new ArrayList<>(cluster.strings("""
                SELECT pid::text FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid"""));
        Collections.shuffle(sessions, new Random(millis));
        switch (kind) {
            case 0 -> {
                LOG.info("end {} sessions", sessions.size());
                var unused = cluster.strings("SELECT pg_terminate_backend(pid)::text FROM unnest(ARRAY["
                        + String.join(",", sessions) + "]) AS pid");
            }
            case 1 -> {
                LOG.info("hang three sessions for {} ms", millis);
                List<String> some = sessions.subList(0, Math.min(3, sessions.size()));
                signal("STOP", some);
                Thread.sleep(millis);
                signal("CONT", some);
            }
            default -> {
                LOG.info("crash the database");
                // PostgreSQL takes the death of a session for damage to what all share, and starts anew.
                signal("KILL", sessions.subList(0, Math.min(1, sessions.size())));
            }
        }
    }

    private static void signal(String signal, List<String> processes) throws IOException, InterruptedException {
        for (String process : processes) {
            // It may have ended by itself.
            int unused =
                    new ProcessBuilder("kill", "-" + signal, process).start().waitFor();
        }
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        for (Place place : places) {
            place.link.close();
        }
    }
}
