package dev.carnelian.queue;

/**
 * A caller's name for a request that must take effect once, however often it is sent. Kept for 24 hours, and seen by its
 * tenant alone.
 *
 * @param route method and path; the same key on another route is another key
 * @param key 1 to 255 visible ASCII characters
 * @param fingerprint a digest of the request's body
 */
public record IdempotencyKey(String route, String key, String fingerprint) {}
