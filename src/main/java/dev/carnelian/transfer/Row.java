package dev.carnelian.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A row as it was read.
 *
 * @param number counted from 1, without the header and empty lines
 * @param values by the names of their columns
 * @param problem why it cannot be imported, if that shows already
 * @param raw what stood in the file
 */
record Row(
        int number, Map<String, JsonNode> values, @Nullable RowException problem, Supplier<String> raw) {
    static Row of(int number, Map<String, JsonNode> values, Supplier<String> raw) {
        return new Row(number, values, null, raw);
    }

    static Row broken(int number, RowException problem, Supplier<String> raw) {
        return new Row(number, Map.of(), problem, raw);
    }
}
