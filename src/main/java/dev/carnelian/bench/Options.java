package dev.carnelian.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What is to be measured and how long.
 *
 * @param runs of each figure
 * @param backlogs jobs that wait at the start of a drain, ascending
 * @param limitSeconds how long a drain by one node or by two may take before its rate so far is its figure
 * @param parts what to measure
 * @param quick small sizes: whether it works, not how fast it is
 * @param out the folder for JSON and plots
 */
record Options(int runs, List<Integer> backlogs, int limitSeconds, Set<Part> parts, boolean quick, Path out) {
    /** What can be measured by itself. */
    enum Part {
        /** Drains by Carnelian. */
        PRODUCT,
        /** Drains by its job store alone. */
        STORE,
        /** Drains by Quartz as it comes. */
        STOCK,
        /** Drains by others. */
        PEERS,
        CEILING,
        API,
        PICKUP,
        /** Chunks that get vectors. */
        EMBEDDING
    }

    Options {
        backlogs = backlogs.stream().sorted().toList();
        parts = Set.copyOf(parts);
        if (runs < 1 || backlogs.isEmpty() || backlogs.get(0) < 1 || limitSeconds < 1) {
            throw new IllegalArgumentException("runs, backlogs and the limit must be at least 1");
        }
    }

    boolean measures(Part part) {
        return parts.contains(part);
    }

    /** {@code value} unless the run is a quick one. */
    int size(int value, int quickValue) {
        return quick ? quickValue : value;
    }
}
