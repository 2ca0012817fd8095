package dev.carnelian.net;

import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import okhttp3.Headers;

/** An answer whose body is still coming. For the thread that reads it. */
public final class OutboundAnswer {
    private final int status;
    private final URI url;
    private final Headers headers;
    private final InputStream body;
    private final List<URI> redirects;

    OutboundAnswer(int status, URI url, Headers headers, InputStream body, List<URI> redirects) {
        this.status = status;
        this.url = url;
        this.headers = headers;
        this.body = body;
        this.redirects = List.copyOf(redirects);
    }

    public int status() {
        return status;
    }

    /** Where the answer came from: the address asked for, or the one the last redirect led to. */
    public URI url() {
        return url;
    }

    /** The last header of that name, in any spelling of its letters. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** All headers of that name, in their order. */
    public List<String> headers(String name) {
        return headers.values(name);
    }

    /** The body, decompressed; reading past the largest size allowed throws, and so does a peer that falls silent. */
    public InputStream body() {
        return body;
    }

    /** The addresses that redirects led to, in their order; the last one is {@link #url()}. */
    public List<URI> redirects() {
        return redirects;
    }
}
