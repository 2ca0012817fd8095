package dev.carnelian.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** All that was measured so far, in the order of its first run. */
final class Figures {
    private record Series(String unit, List<Double> runs) {}

    private final Map<String, Series> series = new LinkedHashMap<>();
    private final PrintWriter out;

    /**
     * @param out is told each value as it comes
     */
    Figures(PrintWriter out) {
        this.out = out;
    }

    void add(String name, double value, String unit) {
        series.computeIfAbsent(name, unused -> new Series(unit, new ArrayList<>()))
                .runs()
                .add(value);
        out.println("  " + name + ": " + Table.number(value) + " " + unit);
    }

    List<Figure> list() {
        return series.entrySet().stream()
                .map(entry -> Figure.of(
                        entry.getKey(),
                        entry.getValue().unit(),
                        entry.getValue().runs()))
                .toList();
    }

    /** The median of a figure's runs, empty when it was not measured. */
    OptionalDouble value(String name) {
        return list().stream()
                .filter(figure -> figure.name().equals(name))
                .mapToDouble(Figure::value)
                .findFirst();
    }

    /** One figure by another, empty when either was not measured. */
    OptionalDouble ratio(String name, String by) {
        OptionalDouble value = value(name);
        OptionalDouble other = value(by);
        return value.isPresent() && other.isPresent()
                ? OptionalDouble.of(value.getAsDouble() / other.getAsDouble())
                : OptionalDouble.empty();
    }
}
