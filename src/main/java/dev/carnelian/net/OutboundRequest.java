package dev.carnelian.net;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request to a place that a user named.
 *
 * @param method in capitals
 * @param headers sent as they are, once each; those that say how the message is carried are set by the client
 * @param body the body, null or empty for none; not copied, so it must not change while it is sent
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares requests
public record OutboundRequest(
        String method, URI url, Map<String, String> headers, byte @Nullable [] body, OutboundLimits limits) {
    private static final Set<String> SET_BY_CLIENT = Set.of(
            "accept-encoding",
            "connection",
            "content-length",
            "expect",
            "host",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /**
     * @throws IllegalArgumentException if a header is one of those the client sets itself
     */
    public OutboundRequest {
        headers = Map.copyOf(headers);
        headers.keySet().forEach(name -> {
            if (isSetByClient(name)) {
                throw new IllegalArgumentException("the header " + name + " is set by the client");
            }
        });
    }

    /** A request for a page or a file. */
    public static OutboundRequest get(URI url, OutboundLimits limits) {
        return get(url, Map.of(), limits);
    }

    /** The same with headers. */
    public static OutboundRequest get(URI url, Map<String, String> headers, OutboundLimits limits) {
        return new OutboundRequest("GET", url, headers, null, limits);
    }

    /** Whether the client sets this header itself, in any spelling of its letters. */
    public static boolean isSetByClient(String header) {
        return SET_BY_CLIENT.contains(header.toLowerCase(Locale.ROOT));
    }
}
