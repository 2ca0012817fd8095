package dev.carnelian.crawl;

import com.google.common.hash.Hashing;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Counts addresses that differ in their numbers or in the values of their parameters only. A calendar has as many as
 * there are days, and a session id makes a new address of each page for each visit; so only so many of each shape are
 * followed. Thread-safe, and bounded: of a great many shapes the ones not seen for long are forgotten.
 */
final class Shapes {
    private static final int MOST_SHAPES = 20_000;
    /** A catalogue whose pages have numbers. */
    private static final int MOST_WITH_ONE_WHEEL = 10_000;
    /** Whatever can be turned like the wheels of a lock. */
    private static final int MOST_WITH_WHEELS = 1_000;

    private static final Pattern DIGITS = Pattern.compile("[0-9]+");

    @SuppressWarnings("serial")
    private final Map<Long, Integer> counts = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
            return size() > MOST_SHAPES;
        }
    };

    /** An address without what turns, and how much of it does. */
    private record Shape(long fingerprint, int wheels) {
        static Shape of(String url) {
            int question = url.indexOf('?');
            List<String> segments = List.of(
                    url.substring(0, question < 0 ? url.length() : question).split("/", -1));
            List<String> names = question < 0
                    ? List.of()
                    : Arrays.stream(url.substring(question + 1).split("&", -1))
                            .map(parameter -> parameter.split("=", 2)[0])
                            .toList();
            long numbers = segments.stream()
                    .filter(segment -> DIGITS.matcher(segment).matches())
                    .count();
            String text = String.join("/", segments) + '?' + String.join("&", names);
            // A number in a path is a page's own.
            int wheels = names.isEmpty() && numbers < 2 ? 0 : (int) numbers + names.size();
            // Addresses may be long; of each only this much stays in memory.
            String shape = DIGITS.matcher(text).replaceAll("0");
            return new Shape(
                    Hashing.farmHashFingerprint64().hashUnencodedChars(shape).asLong(), wheels);
        }

        int most() {
            return wheels == 1 ? MOST_WITH_ONE_WHEEL : MOST_WITH_WHEELS;
        }
    }

    /** Whether an address may be taken up. */
    boolean haveRoomFor(String url) {
        Shape shape = Shape.of(url);
        return shape.wheels() == 0 || count(shape) < shape.most();
    }

    private synchronized int count(Shape shape) {
        return counts.getOrDefault(shape.fingerprint(), 0);
    }

    /** An address was taken up. */
    void add(String url) {
        Shape shape = Shape.of(url);
        if (shape.wheels() > 0) {
            synchronized (this) {
                counts.merge(shape.fingerprint(), 1, Integer::sum);
            }
        }
    }
}
