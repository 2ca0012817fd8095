package dev.carnelian.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of POST /jobs/bulk.
 *
 * @param jobs each as in {@link CreateJob}; read one by one, so that one which cannot be read does not hide the others
 * @param atomic whether one wrong job refuses them all, as it does unless this is false
 */
record CreateJobs(
        @ArraySchema(schema = @Schema(implementation = CreateJob.class), minItems = 1, maxItems = MOST)
        @NotNull
        @Size(min = 1, max = MOST)
        List<JsonNode> jobs,

        @Nullable Boolean atomic) {
    private static final int MOST = 1_000;

    boolean isAtomic() {
        return !Boolean.FALSE.equals(atomic);
    }
}
