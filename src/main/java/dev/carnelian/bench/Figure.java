package dev.carnelian.bench;

import java.util.Collections;
import java.util.List;

/**
 * Something measured once or several times.
 *
 * @param value the median of the runs
 */
record Figure(String name, double value, String unit, List<Double> runs) {
    Figure {
        runs = List.copyOf(runs);
    }

    static Figure of(String name, String unit, List<Double> runs) {
        List<Double> sorted = runs.stream().sorted().toList();
        int middle = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return new Figure(name, median, unit, runs);
    }

    /** The least of the runs by the greatest, 1 when all are the same: a plan that flips shows here. */
    double steadiness() {
        return Collections.min(runs) / Collections.max(runs);
    }
}
