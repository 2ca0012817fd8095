package dev.carnelian.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints the figures and what they should be as tables that a README takes as they are. */
final class Table {
    private Table() {}

    static void print(List<Figure> figures, List<Aim> aims, PrintWriter out) {
        out.println();
        out.println("| figure | median | unit | slowest / fastest | runs |");
        out.println("|---|---:|---|---:|---|");
        for (Figure figure : figures) {
            String runs = figure.runs().stream().map(Table::number).collect(Collectors.joining(", "));
            out.println(row(figure.name(), number(figure.value()), figure.unit(), number(figure.steadiness()), runs));
        }
        out.println();
        out.println("| ratio | measured | at least | aim | |");
        out.println("|---|---:|---:|---:|---|");
        for (Aim aim : aims) {
            String measured = aim.value().isPresent() ? number(aim.value().getAsDouble()) : "not measured";
            String bound = aim.most() ? "at most " : "";
            out.println(row(
                    aim.name(), measured, bound + number(aim.threshold()), bound + number(aim.aim()), aim.verdict()));
        }
    }

    private static String row(String... cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    /** Three significant digits, thousands set apart. */
    static String number(double value) {
        double size = Math.abs(value);
        String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }
}
