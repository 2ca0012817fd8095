package dev.carnelian.transfer;

import org.jspecify.annotations.Nullable;

/** Lines that COPY reads in its CSV format: everything is quoted but null. */
final class CopyLine {
    private CopyLine() {}

    static void append(StringBuilder lines, @Nullable Object... values) {
        for (int i = 0; i < values.length; i++) {
            if (i > 0) {
                lines.append(',');
            }
            Object value = values[i];
            if (value != null) {
                lines.append('"').append(value.toString().replace("\"", "\"\"")).append('"');
            }
        }
        lines.append('\n');
    }
}
