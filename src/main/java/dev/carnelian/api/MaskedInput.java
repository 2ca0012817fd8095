package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Inputs as they are shown: headers that carry secrets have a mask for their value. */
final class MaskedInput {
    static final String MASK = "[redacted]";

    private static final String HEADERS = "headers";
    private static final Pattern SECRET = Pattern.compile(
            "(?i)(.*-)?(authorization|cookie|token|secret|password|signature|credential|api-?key|access-?key|auth)(-.*)?");

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private MaskedInput() {}

    /** The same text unless there is something to mask. */
    static @Nullable String of(@Nullable String input) {
        if (input == null || !input.contains('"' + HEADERS + '"')) {
            return input;
        }
        try {
            JsonNode tree = JSON.readTree(input);
            return mask(tree) ? JSON.writeValueAsString(tree) : input;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored input is not JSON", e);
        }
    }

    /** Whether it has changed something. Not deeper than the JSON that the API takes. */
    private static boolean mask(JsonNode node) {
        boolean changed = node.get(HEADERS) instanceof ObjectNode headers && maskHeaders(headers);
        for (JsonNode child : node) {
            changed |= mask(child);
        }
        return changed;
    }

    private static boolean maskHeaders(ObjectNode headers) {
        boolean changed = false;
        for (Iterator<String> names = headers.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (SECRET.matcher(name).matches()) {
                headers.put(name, MASK);
                changed = true;
            }
        }
        return changed;
    }
}
