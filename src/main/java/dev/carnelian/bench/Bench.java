package dev.carnelian.bench;

import dev.carnelian.bench.Options.Part;
import java.io.IOException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The whole benchmark: in each round every contender has a turn at everything, so that noise hits all of them. */
final class Bench {
    private final Options options;
    private final PrintWriter out;
    private final Figures figures;

    Bench(Options options, PrintWriter out) {
        this.options = options;
        this.out = out;
        this.figures = new Figures(out);
    }

    Figures run() throws IOException, SQLException, InterruptedException {
        try (Children children = new Children();
                Server server = Server.start()) {
            Thread end = new Thread(
                    () -> {
                        children.close();
                        server.close();
                    },
                    "bench-end");
            Runtime.getRuntime().addShutdownHook(end);
            try {
                measure(server, children);
            } finally {
                var unused = Runtime.getRuntime().removeShutdownHook(end);
            }
        }
        return figures;
    }

    private void measure(Server server, Children children) throws IOException, SQLException, InterruptedException {
        String machine = machine(server);
        out.println(machine);
        for (int round = 1; round <= options.runs(); round++) {
            out.println("round " + round + " of " + options.runs());
            round(server, children);
        }
        new Report(figures, options).write(machine, out);
    }

    private void round(Server server, Children children) throws IOException, SQLException, InterruptedException {
        for (Drain drain : drains()) {
            drain.run(server, children, bounds(), figures);
        }
        Ceiling ceiling = new Ceiling(StatementBench.best(), options.size(100_000, 4_000), options.size(32_000, 3_200));
        if (options.measures(Part.CEILING)) {
            ceiling.run(server, figures);
        }
        if (options.measures(Part.API)) {
            // Before and after, as a disk's flushes are what varies most.
            ceiling.runCommits(server, figures);
            new Api(options.quick() ? 0.5 : 5).run(server, children, figures);
            ceiling.runCommits(server, figures);
        }
        if (options.measures(Part.PICKUP)) {
            Pickup.Sizes sizes = options.quick()
                    ? new Pickup.Sizes(20, 100, 20, 10_000)
                    : new Pickup.Sizes(200, 1_000, 100, 200_000);
            new Pickup(sizes).run(server, children, figures);
        }
        if (options.measures(Part.EMBEDDING)) {
            new EmbeddingRate(options.size(200, 20)).run(server, figures);
        }
    }

    private List<Drain> drains() {
        Map<Part, Contender> contenders = new EnumMap<>(Map.of(
                Part.PRODUCT,
                new Product(),
                Part.STORE,
                QuartzContender.store(),
                Part.STOCK,
                QuartzContender.stock(),
                Part.PEERS,
                new DbScheduler()));
        contenders.keySet().retainAll(options.parts());
        List<Drain> drains = new ArrayList<>();
        for (int backlog : options.backlogs()) {
            for (Contender contender : contenders.values()) {
                drains.add(new Drain(contender, backlog));
            }
        }
        return drains;
    }

    private Drain.Bounds bounds() {
        return new Drain.Bounds(
                options.limitSeconds(), options.size(24, 4), options.size(Integer.MAX_VALUE, 200), options.size(40, 2));
    }

    private static String machine(Server server) throws SQLException {
        Runtime runtime = Runtime.getRuntime();
        return runtime.availableProcessors() + " processors for database, nodes and load; "
                + System.getProperty("os.name") + "; Java " + Runtime.version().feature() + "; PostgreSQL "
                + server.version() + ", fsync and synchronous_commit on, " + Server.SETTINGS + "; "
                + Contender.THREADS + " threads a node";
    }
}
