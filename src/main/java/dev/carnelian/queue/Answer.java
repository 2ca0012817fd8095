package dev.carnelian.queue;

import org.jspecify.annotations.Nullable;

/**
 * What a caller is told about a request that changed something, kept beside its idempotency key so that a repeat is told
 * the very same.
 *
 * @param status the HTTP status
 * @param location the path of what was made, null if nothing was
 * @param body JSON text
 * @param replayed whether this is the answer to an earlier request with the same key
 */
public record Answer(int status, @Nullable String location, String body, boolean replayed) {
    public static Answer of(int status, @Nullable String location, String body) {
        return new Answer(status, location, body, false);
    }
}
