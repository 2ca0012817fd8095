package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one shape of every answer: {@code data} and {@code error} are always there, {@code page} in lists only.
 *
 * @param error speaks of the request, never of a job
 */
@JsonPropertyOrder({"data", "error", "page"})
public record Envelope<T>(
        @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable T data,
        @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable ErrorBody error,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Page page) {

    public static <T> Envelope<T> of(T data) {
        return new Envelope<>(data, null, null);
    }

    public static <T> Envelope<List<T>> page(List<T> data, Page page) {
        return new Envelope<>(data, null, page);
    }

    static Envelope<?> failure(ErrorBody error) {
        return new Envelope<>(null, error, null);
    }
}
