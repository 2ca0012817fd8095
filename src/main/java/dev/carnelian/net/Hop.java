package dev.carnelian.net;

import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** One request of a chain of redirects. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares requests
record Hop(String method, Target target, Map<String, String> headers, byte @Nullable [] body) {
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    /** Whatever else a caller sends may be a secret that is meant for one host only. */
    private static final Set<String> FOR_ANY_HOST =
            Set.of("accept", "accept-language", "content-type", "traceparent", "user-agent");

    static Hop first(OutboundRequest request) {
        return new Hop(request.method(), Target.of(request.url().toString()), request.headers(), request.body());
    }

    static boolean isRedirect(int status) {
        return REDIRECTS.contains(status);
    }

    /**
     * The request that an answer asks for.
     *
     * @throws BlockedTargetException if it leads to something else than http or https
     */
    Hop redirected(int status, String location) {
        Target next = Target.of(target.url().resolve(location));
        boolean same = next.hasOriginOf(target);
        boolean keepsBody = status == 307 || status == 308 || method.equals("GET") || method.equals("HEAD");
        Map<String, String> kept = headers.entrySet().stream()
                .filter(header -> isKept(header.getKey().toLowerCase(Locale.ROOT), same, keepsBody))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        return new Hop(keepsBody ? method : "GET", next, kept, keepsBody ? body : null);
    }

    private static boolean isKept(String header, boolean sameOrigin, boolean keepsBody) {
        return (sameOrigin || FOR_ANY_HOST.contains(header)) && (keepsBody || !header.startsWith("content-"));
    }

    Request request() {
        Request.Builder request = new Request.Builder().url(target.url());
        headers.forEach(request::header);
        if (header("user-agent").isEmpty()) {
            request.header("User-Agent", "Carnelian");
        }
        // Named by us, so that okhttp leaves the body as it comes, and what it grows to is counted.
        request.header("Accept-Encoding", "gzip");
        return request.method(method, requestBody()).build();
    }

    private Optional<String> header(String name) {
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private @Nullable RequestBody requestBody() {
        boolean needed = Set.of("POST", "PUT", "PATCH").contains(method);
        if (body == null || body.length == 0) {
            return needed ? new SentOnce(new byte[0]) : null;
        }
        return new SentOnce(body);
    }

    /** A body that okhttp does not send again by itself once it began to. */
    private static final class SentOnce extends RequestBody {
        private final byte[] bytes;

        SentOnce(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public @Nullable MediaType contentType() {
            return null;
        }

        @Override
        public long contentLength() {
            return bytes.length;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            sink.write(bytes);
        }

        @Override
        public boolean isOneShot() {
            return true;
        }
    }
}
