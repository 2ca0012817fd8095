package dev.carnelian.transfer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.Reader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads JSON Lines. A line that is no object, or too long, is a broken row; the next line is another row. */
final class JsonLines implements RowReader {
    private static final int SHOWN = 1_000;

    private final Reader reader;
    private final StringBuilder line = new StringBuilder();
    private boolean ended;
    private int number;

    /**
     * @param reader buffered
     */
    JsonLines(Reader reader) {
        this.reader = reader;
    }

    @Override
    public Optional<Row> next() throws IOException {
        while (!ended) {
            boolean whole = readLine();
            if (!isBlank()) {
                number++;
                return Optional.of(whole ? parse(line.toString()) : tooLong());
            }
        }
        return Optional.empty();
    }

    /** Reads to the end of a line and says whether it is whole. */
    private boolean readLine() throws IOException {
        line.setLength(0);
        boolean whole = true;
        int next = reader.read();
        while (next != '\n' && next >= 0) {
            whole = line.length() < MAX_ROW;
            if (whole) {
                line.append((char) next);
            }
            next = reader.read();
        }
        ended = next < 0;
        return whole;
    }

    private boolean isBlank() {
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) > ' ' || line.charAt(i) == 0) {
                return false;
            }
        }
        return true;
    }

    private Row tooLong() {
        String start = line.substring(0, SHOWN);
        line.setLength(0);
        line.trimToSize();
        return Row.broken(
                number,
                new RowException("row_too_long", "the row has more than " + MAX_ROW + " characters"),
                () -> start);
    }

    private Row parse(String text) {
        try {
            JsonNode node = Json.MAPPER.readTree(text);
            if (!(node instanceof ObjectNode object)) {
                return Row.broken(
                        number, new RowException("malformed_row", "the row is not a JSON object"), () -> text);
            }
            if (object.size() > MAX_COLUMNS) {
                return Row.broken(number, tooManyColumns(), () -> text);
            }
            Map<String, JsonNode> values = new LinkedHashMap<>();
            object.properties().forEach(field -> values.put(field.getKey(), field.getValue()));
            return Row.of(number, values, () -> text);
        } catch (JsonProcessingException e) {
            return Row.broken(
                    number,
                    new RowException("malformed_row", "the row is not JSON: " + e.getOriginalMessage()),
                    () -> text);
        }
    }

    static RowException tooManyColumns() {
        return new RowException("too_many_columns", "the row has more than " + MAX_COLUMNS + " columns");
    }
}
