package dev.carnelian.bench;

import dev.carnelian.bench.Options.Part;
import io.dropwizard.core.cli.Cli;
import io.dropwizard.core.cli.Command;
import io.dropwizard.core.setup.Bootstrap;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import net.sourceforge.argparse4j.impl.Arguments;
import net.sourceforge.argparse4j.inf.Namespace;
import net.sourceforge.argparse4j.inf.Subparser;

/** Measures how fast this build is, beside what else runs jobs on PostgreSQL. */
public final class BenchCommand extends Command {
    public BenchCommand() {
        super("bench", "Measures this build beside stock Quartz and others, on a PostgreSQL of its own");
    }

    @Override
    public void configure(Subparser parser) {
        parser.addArgument("--peers").action(Arguments.storeTrue()).help("db-scheduler, too");
        parser.addArgument("--quick")
                .action(Arguments.storeTrue())
                .help("small sizes, one run, under two minutes: whether it works, not how fast it is");
        parser.addArgument("--runs").type(Integer.class).help("of each figure; 3 unless it is given");
        parser.addArgument("--backlog")
                .type(Integer.class)
                .nargs("+")
                .help("jobs waiting at the start of a drain; 10000 unless it is given."
                        + " 10000 1000000 is the whole table, and takes about two minutes more for each drain and run");
        parser.addArgument("--limit")
                .type(Integer.class)
                .help("seconds after which a drain by one node or by two is cut and its rate so far counts;"
                        + " 60 unless it is given");
        parser.addArgument("--only")
                .type(Arguments.caseInsensitiveEnumType(Part.class))
                .nargs("+")
                .help("parts to measure; all of them unless it is given, peers only with --peers");
        parser.addArgument("--out").setDefault("target/bench").help("folder for bench.json and the plots");
    }

    @Override
    public void run(Bootstrap<?> bootstrap, Namespace namespace) throws Exception {
        Options options = options(namespace);
        if (options.measures(Part.PEERS) && !Files.isDirectory(Children.peers())) {
            throw new IllegalStateException("--peers needs " + Children.peers() + ", which ./carnelian build makes");
        }
        var unused = new Bench(options, new PrintWriter(System.out, true, StandardCharsets.UTF_8)).run();
    }

    private static Options options(Namespace namespace) {
        boolean quick = namespace.getBoolean("quick");
        Integer runs = namespace.getInt("runs");
        Integer limit = namespace.getInt("limit");
        List<Integer> backlogs = namespace.getList("backlog");
        List<Part> only = namespace.getList("only");
        return new Options(
                runs != null ? runs : quick ? 1 : 3,
                backlogs != null ? backlogs : List.of(quick ? 500 : 10_000),
                limit != null ? limit : quick ? 5 : 60,
                parts(only == null ? List.of() : only, namespace.getBoolean("peers")),
                quick,
                Path.of(namespace.getString("out")));
    }

    private static Set<Part> parts(List<Part> only, boolean peers) {
        Set<Part> parts = only.isEmpty() ? EnumSet.complementOf(EnumSet.of(Part.PEERS)) : EnumSet.copyOf(only);
        if (peers) {
            parts.add(Part.PEERS);
        }
        return parts;
    }

    @Override
    public void onError(Cli cli, Namespace namespace, Throwable thrown) {
        cli.getStdErr().println("carnelian: " + thrown.getMessage());
    }
}
