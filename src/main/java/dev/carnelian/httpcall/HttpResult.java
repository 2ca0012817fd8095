package dev.carnelian.httpcall;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * The result of an {@code http} job.
 *
 * @param status of the endpoint's answer
 * @param contentType of the answer, null if it named none
 * @param body of the answer: JSON as JSON, other text as text, null for what is neither; after a 202 the result that was
 *     reported
 * @param truncated whether the answer was longer than the 64 KiB that are kept
 * @param reported whether the endpoint reported the result after a 202
 */
public record HttpResult(
        int status, @Nullable String contentType, @Nullable JsonNode body, boolean truncated, boolean reported) {}
