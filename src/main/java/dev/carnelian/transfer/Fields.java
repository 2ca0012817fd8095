package dev.carnelian.transfer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a row says of a field. A cell of a CSV file is a text, so a text is read as a number or as JSON where one of them is
 * expected. What is null is absent.
 */
final class Fields {
    static final String METADATA_PREFIX = "metadata.";

    /** Far more than a document has, and far less than PostgreSQL takes. */
    private static final int MAX_EXPONENT = 1_000;

    private final Map<String, JsonNode> values = new LinkedHashMap<>();
    private final ObjectNode metadata = Json.MAPPER.createObjectNode();

    /**
     * @param mapping from columns to fields; a mapped column wins over one that has the field's name
     */
    Fields(Row row, Map<String, String> mapping) {
        row.values().forEach((column, value) -> {
            if (!mapping.containsKey(column)) {
                put(column, value);
            }
        });
        mapping.forEach((column, field) -> {
            JsonNode value = row.values().get(column);
            if (value != null) {
                put(field, value);
            }
        });
    }

    private void put(String field, JsonNode value) {
        if (value.isNull()) {
            return;
        }
        if (field.startsWith(METADATA_PREFIX)) {
            metadata.set(field.substring(METADATA_PREFIX.length()), value);
        } else {
            values.put(field, value);
        }
    }

    boolean has(String field) {
        return values.containsKey(field);
    }

    /** A text that can be stored; null if there is none. */
    @Nullable
    String text(String field, int longest) throws RowException {
        JsonNode value = values.get(field);
        if (value == null) {
            return null;
        }
        if (!value.isValueNode()) {
            throw invalid(field, "must be a text");
        }
        String text = value.asText();
        if (text.length() > longest) {
            throw invalid(field, "must have at most " + longest + " characters");
        }
        return storable(field, text);
    }

    String required(String field, int longest) throws RowException {
        String text = text(field, longest);
        if (text == null || text.isBlank()) {
            throw missing(field);
        }
        return text;
    }

    static RowException missing(String field) {
        return new RowException("missing_field", field + " is missing");
    }

    static RowException invalid(String field, String message) {
        return new RowException("invalid_field", field + " " + message);
    }

    private static String storable(String field, String text) throws RowException {
        if (!Utf8.isStorable(text)) {
            throw new RowException("invalid_text", field + " has U+0000, or bytes or escapes that are no character");
        }
        return text;
    }

    /** A whole number within the bounds, or what to take if there is none. */
    long number(String field, long least, long most, long otherwise) throws RowException {
        JsonNode value = values.get(field);
        if (value == null) {
            return otherwise;
        }
        return number(field, value, least, most);
    }

    static long number(String field, JsonNode value, long least, long most) throws RowException {
        try {
            long number = value.isTextual() ? Long.parseLong(value.textValue()) : exact(field, value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw invalid(field, "must be a whole number");
        }
        throw invalid(field, "must be from %d to %d".formatted(least, most));
    }

    private static long exact(String field, JsonNode value) throws RowException {
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw invalid(field, "must be a whole number");
        }
        return value.longValue();
    }

    boolean isTrue(String field) throws RowException {
        JsonNode value = values.get(field);
        String text = value == null ? "false" : value.asText();
        if (!text.equals("true") && !text.equals("false")) {
            throw invalid(field, "must be true or false");
        }
        return text.equals("true");
    }

    @Nullable
    String time(String field) throws RowException {
        String text = text(field, 40);
        if (text == null) {
            return null;
        }
        try {
            Instant time = OffsetDateTime.parse(text).toInstant();
            if (time.isAfter(Instant.parse("0001-01-01T00:00:00Z"))
                    && time.isBefore(Instant.parse("9999-12-31T00:00:00Z"))) {
                return time.toString();
            }
        } catch (DateTimeParseException e) {
            throw invalid(field, "must be a time such as 2026-11-25T08:00:00Z");
        }
        throw invalid(field, "must be within the years 1 to 9998");
    }

    /** An array or object, also from a text that holds it. */
    @Nullable
    JsonNode json(String field) throws RowException {
        JsonNode value = values.get(field);
        if (value == null || !value.isTextual()) {
            return value;
        }
        try {
            return Json.MAPPER.readTree(value.textValue());
        } catch (JsonProcessingException e) {
            throw invalid(field, "must be JSON: " + e.getOriginalMessage());
        }
    }

    /** The metadata, with the columns that were mapped into it. */
    String metadata() throws RowException {
        JsonNode given = json("metadata");
        if (given != null && !given.isObject()) {
            throw invalid("metadata", "must be an object");
        }
        ObjectNode all = given == null ? Json.MAPPER.createObjectNode() : given.deepCopy();
        all.setAll(metadata);
        check(all);
        return all.toString();
    }

    private static void check(JsonNode node) throws RowException {
        if (node.isTextual()) {
            storable("metadata", node.textValue());
        } else if (node.isBigDecimal() && Math.abs((long) node.decimalValue().scale()) > MAX_EXPONENT) {
            throw invalid("metadata", "has a number that is too large or too small");
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            storable("metadata", field.getKey());
            check(field.getValue());
        }
        if (node.isArray()) {
            for (JsonNode element : node) {
                check(element);
            }
        }
    }
}
