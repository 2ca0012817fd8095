package dev.carnelian.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a run of the benchmark leaves: tables on the screen, {@code bench.json}, and the plots. */
final class Report {
    private static final List<String> CONTENDERS =
            List.of(Product.NAME, QuartzContender.STORE, DbScheduler.NAME, QuartzContender.STOCK);

    private final Figures figures;
    private final Options options;

    Report(Figures figures, Options options) {
        this.figures = figures;
        this.options = options;
    }

    /** The table of what must be reached. */
    List<Aim> aims() {
        int small = options.backlogs().get(0);
        int large = options.backlogs().get(options.backlogs().size() - 1);
        String one = Drain.name(Product.NAME, 1, small);
        List<Aim> aims = new ArrayList<>(List.of(
                Aim.atLeast(
                        "bare store drain / stock Quartz tuned",
                        figures.ratio(
                                Drain.name(QuartzContender.STORE, 1, small),
                                Drain.name(QuartzContender.STOCK, 1, small)),
                        25,
                        60),
                Aim.atLeast(
                        "product drain / db-scheduler",
                        figures.ratio(one, Drain.name(DbScheduler.NAME, 1, small)),
                        1.2,
                        3),
                Aim.atLeast("product drain / set-based ceiling", figures.ratio(one, Ceiling.LIFE), 0.3, 0.7),
                Aim.atLeast(
                        "product drain at " + Drain.size(large) + " waiting / at " + Drain.size(small),
                        small == large
                                ? OptionalDouble.empty()
                                : figures.ratio(Drain.name(Product.NAME, 1, large), one),
                        0.85,
                        0.95)));
        options.backlogs().forEach(backlog -> aims.add(twoNodes(backlog)));
        aims.addAll(List.of(
                Aim.atLeast(
                        "product drain, slowest / fastest run of a figure",
                        least("drain, " + Product.NAME, Figure::steadiness),
                        0.6,
                        0.8),
                Aim.atLeast("bulk submit, jobs/s", greatest("POST /jobs/bulk"), 10_000, 30_000),
                Aim.atLeast(
                        "single POST, 32 clients / plain commits, 32 clients",
                        figures.ratio(Api.single(32), Ceiling.COMMITS),
                        0.5,
                        1.5),
                Aim.atMost("pickup idle p50, ms", figures.value(Pickup.IDLE + Pickup.P50), 10, 4),
                Aim.atMost("pickup idle p99, ms", figures.value(Pickup.IDLE + Pickup.P99), 30, 10),
                Aim.atLeast(
                        "embedding, batch_embedding / the model alone",
                        figures.ratio(EmbeddingRate.PRODUCT, EmbeddingRate.MODEL),
                        0.8,
                        0.95),
                Aim.atMost(
                        "live heap of a node, which ran with 256 MB, MB",
                        figures.value(Drain.heapName(large)),
                        256,
                        256)));
        return aims;
    }

    private Aim twoNodes(int backlog) {
        return Aim.atLeast(
                "product drain, " + Drain.size(backlog) + " waiting, two nodes / one node",
                figures.ratio(Drain.name(Product.NAME, 2, backlog), Drain.name(Product.NAME, 1, backlog)),
                1.0,
                1.01);
    }

    private OptionalDouble least(String prefix, ToDoubleFunction<Figure> value) {
        return figures.list().stream()
                .filter(figure -> figure.name().startsWith(prefix))
                .mapToDouble(value)
                .min();
    }

    private OptionalDouble greatest(String prefix) {
        return figures.list().stream()
                .filter(figure -> figure.name().startsWith(prefix))
                .mapToDouble(Figure::value)
                .max();
    }

    /**
     * @param machine what it was measured on, one line
     */
    void write(String machine, PrintWriter out) throws IOException {
        List<Aim> aims = aims();
        Table.print(figures.list(), aims, out);
        Files.createDirectories(options.out());
        writeJson(machine, aims);
        plot("rate-by-backlog.svg", byBacklog());
        plot("rate-by-nodes.svg", byNodes());
        plot("latency.svg", latency());
        out.println();
        out.println("JSON and plots: " + options.out().toAbsolutePath().normalize());
    }

    private void writeJson(String machine, List<Aim> aims) throws IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = json.createObjectNode().put("machine", machine);
        root.set("figures", json.valueToTree(figures.list()));
        var ratios = root.putArray("ratios");
        for (Aim aim : aims) {
            ObjectNode ratio = ratios.addObject().put("name", aim.name());
            aim.value().ifPresent(value -> ratio.put("value", value));
            ratio.put("threshold", aim.threshold()).put("aim", aim.aim()).put("verdict", aim.verdict());
        }
        Files.writeString(
                options.out().resolve("bench.json"),
                json.writerWithDefaultPrettyPrinter().writeValueAsString(root));
    }

    private void plot(String file, BarChart chart) throws IOException {
        if (chart.series().values().stream().flatMap(List::stream).anyMatch(OptionalDouble::isPresent)) {
            Path target = options.out().resolve(file);
            Files.writeString(target, chart.svg());
        }
    }

    private BarChart byBacklog() {
        Map<String, List<OptionalDouble>> series = new LinkedHashMap<>();
        for (String contender : CONTENDERS) {
            series.put(
                    contender,
                    options.backlogs().stream()
                            .map(backlog -> figures.value(Drain.name(contender, 1, backlog)))
                            .toList());
        }
        List<String> groups = options.backlogs().stream()
                .map(backlog -> Drain.size(backlog) + " waiting")
                .toList();
        return new BarChart("Drain by backlog, one node", "jobs/s", groups, series);
    }

    private BarChart byNodes() {
        int backlog = options.backlogs().get(0);
        Map<String, List<OptionalDouble>> series = new LinkedHashMap<>();
        for (String contender : CONTENDERS) {
            series.put(
                    contender,
                    IntStream.of(1, 2)
                            .mapToObj(nodes -> figures.value(Drain.name(contender, nodes, backlog)))
                            .toList());
        }
        return new BarChart(
                "Drain by nodes, " + Drain.size(backlog) + " waiting", "jobs/s", List.of("1 node", "2 nodes"), series);
    }

    private BarChart latency() {
        Map<String, List<OptionalDouble>> series = new LinkedHashMap<>();
        for (String percentile : List.of(Pickup.P50, Pickup.P99)) {
            series.put(
                    percentile.strip(),
                    Stream.of(Pickup.IDLE, Pickup.BUSY, Pickup.BEHIND)
                            .map(name -> figures.value(name + percentile))
                            .toList());
        }
        return new BarChart("From acceptance to start", "ms", List.of("idle", "50 jobs/s", "beside a flood"), series);
    }
}
