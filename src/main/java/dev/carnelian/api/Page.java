package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * Where a list stands among its pages.
 *
 * @param nextCursor opaque; null on the last page
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Page(int limit, boolean hasMore, @Nullable String nextCursor) {}
