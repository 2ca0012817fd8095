package dev.carnelian.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The optional body of POST /jobs/{id}/rerun.
 *
 * @param input a JSON merge patch (RFC 7396) on the old input
 * @param only {@code failed_items} to do again just those, by their positions in the input
 */
record RerunBody(
        @Schema(implementation = Object.class, description = "a JSON merge patch (RFC 7396) on the old input") @Nullable
        ObjectNode input,

        @Pattern(regexp = FAILED_ITEMS, message = "must be failed_items")
        @Schema(allowableValues = FAILED_ITEMS)
        @Nullable
        String only,

        @Min(-100) @Max(100) @Nullable Integer priority,
        @Nullable Instant scheduledAt,
        @Nullable Boolean allowCancelled) {
    static final String FAILED_ITEMS = "failed_items";

    static final RerunBody NOTHING = new RerunBody(null, null, null, null, null);

    /** Null removes, objects are merged, everything else replaces. */
    static JsonNode merge(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes)) {
            return patch;
        }
        ObjectNode merged = target instanceof ObjectNode object ? object.deepCopy() : changes.objectNode();
        for (Map.Entry<String, JsonNode> field : changes.properties()) {
            if (field.getValue().isNull()) {
                merged.remove(field.getKey());
            } else {
                merged.set(field.getKey(), merge(merged.path(field.getKey()), field.getValue()));
            }
        }
        return merged;
    }
}
