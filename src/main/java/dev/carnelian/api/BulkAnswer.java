package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import org.jspecify.annotations.Nullable;

/**
 * What became of one job of many: either the job or an error.
 *
 * @param index its place in the request, from 0
 */
@JsonPropertyOrder({"index", "data", "error"})
record BulkAnswer<T>(int index, @Nullable T data, @Nullable ErrorBody error) {}
