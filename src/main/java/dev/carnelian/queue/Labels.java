package dev.carnelian.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;

/** Labels as the JSON object they are stored as. */
final class Labels {
    private static final JsonMapper JSON = new JsonMapper();

    private Labels() {}

    static String toJson(Map<String, String> labels) {
        if (labels.isEmpty()) {
            return "{}";
        }
        try {
            return JSON.writeValueAsString(labels);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("labels are not text", e);
        }
    }

    static Map<String, String> parse(String json) {
        try {
            return JSON.readerForMapOf(String.class).readValue(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("stored labels are not an object of texts", e);
        }
    }
}
