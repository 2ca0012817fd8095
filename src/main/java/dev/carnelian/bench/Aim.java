package dev.carnelian.bench;

import java.util.OptionalDouble;

/**
 * What a figure or a ratio of two should come to.
 *
 * @param most whether the bounds are upper ones
 */
record Aim(String name, OptionalDouble value, double threshold, double aim, boolean most) {
    static Aim atLeast(String name, OptionalDouble value, double threshold, double aim) {
        return new Aim(name, value, threshold, aim, false);
    }

    static Aim atMost(String name, OptionalDouble value, double threshold, double aim) {
        return new Aim(name, value, threshold, aim, true);
    }

    String verdict() {
        if (value.isEmpty()) {
            return "";
        }
        return reaches(aim) ? "aim reached" : reaches(threshold) ? "met" : "NOT MET";
    }

    private boolean reaches(double bound) {
        double measured = value.getAsDouble();
        return most ? measured <= bound : measured >= bound;
    }
}
