package dev.carnelian.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code error} of an envelope.
 *
 * @param code an {@link ErrorCode}'s wire name
 * @param details empty when the message says all
 * @param requestId null only where one answer holds many errors, which then share the id of their request
 */
public record ErrorBody(
        String code,
        String message,
        List<FieldError> details,
        @Nullable String requestId) {
    public ErrorBody {
        details = List.copyOf(details);
    }
}
