package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.carnelian.job.JobFailure;
import dev.carnelian.queue.Job;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one document, page or row on the wire.
 *
 * @param position its place in the input, from 0
 * @param outcome succeeded or failed
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ItemView(
        int position,
        String name,
        String outcome,
        int attempt,
        @Nullable JobFailure error) {
    static ItemView of(Job.Item item) {
        return new ItemView(
                item.position(),
                item.name(),
                item.failure() == null ? "succeeded" : "failed",
                item.attempt(),
                item.failure());
    }
}
