package dev.carnelian.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** One request with its redirects, from the check of its address to the last byte that its reader wants. */
final class Exchange<T> {
    /** A compressed body may be a little larger than what it holds. */
    private static final long OVERHEAD = 64 * 1024;

    /** What the exchanges of a client share. */
    interface Parts {
        /**
         * Where a request may be sent.
         *
         * @throws BlockedTargetException if one of the addresses may not be reached
         * @throws OutboundException {@code dns_failed}
         */
        List<InetAddress> checkedAddresses(Target target, Duration longest)
                throws OutboundException, InterruptedException;

        OkHttpClient client();

        InterruptWatch interrupts();
    }

    private final Parts parts;
    private final OutboundLimits limits;
    private final AnswerReader<T> reader;
    private final List<URI> redirects = new ArrayList<>();
    private final long endsAt;
    private Hop hop;

    Exchange(Parts parts, OutboundRequest request, AnswerReader<T> reader) {
        this.parts = parts;
        this.limits = request.limits();
        this.reader = reader;
        this.endsAt = System.nanoTime() + limits.total().toNanos();
        this.hop = Hop.first(request);
    }

    T run() throws OutboundException, InterruptedException {
        while (true) {
            Optional<T> answer = runHop();
            if (answer.isPresent()) {
                return answer.get();
            }
            redirects.add(hop.target().url().uri());
            if (redirects.size() > limits.maxRedirects()) {
                throw new OutboundException(
                        "too_many_redirects", "more than " + limits.maxRedirects() + " redirects", false, null);
            }
        }
    }

    /** What the reader made of the answer, or empty when the answer leads on to the next hop. */
    private Optional<T> runHop() throws OutboundException, InterruptedException {
        List<InetAddress> addresses = parts.checkedAddresses(hop.target(), shorter(limits.connect(), timeLeft()));
        Call call = clientFor(addresses).newCall(hop.request());
        try (InterruptWatch.Watched watched = parts.interrupts().over(call);
                Response response = call.execute()) {
            Optional<Hop> next = redirectOf(response);
            if (next.isPresent()) {
                hop = next.get();
                return Optional.empty();
            }
            return Optional.of(reader.read(answerOf(response)));
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted during a request");
            }
            throw Failing.named(e, host());
        }
    }

    private OkHttpClient clientFor(List<InetAddress> addresses) throws OutboundException {
        return parts.client()
                .newBuilder()
                .dns(new PinnedDns(addresses))
                .connectTimeout(limits.connect())
                .readTimeout(limits.firstByte())
                .writeTimeout(limits.firstByte())
                .callTimeout(timeLeft())
                .build();
    }

    private Optional<Hop> redirectOf(Response response) {
        String location = response.header("Location");
        return location != null && limits.maxRedirects() > 0 && Hop.isRedirect(response.code())
                ? Optional.of(hop.redirected(response.code(), location))
                : Optional.empty();
    }

    private OutboundAnswer answerOf(Response response) throws IOException, OutboundException {
        return new OutboundAnswer(
                response.code(), hop.target().url().uri(), response.headers(), bodyOf(response), redirects);
    }

    private InputStream bodyOf(Response response) throws IOException, OutboundException {
        InputStream raw = new CappedInputStream(response.body().byteStream(), limits.maxBytes() + OVERHEAD);
        List<String> encodings = response.headers("Content-Encoding");
        String encoding = String.join(",", encodings);
        return switch (encoding.strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> new CappedInputStream(raw, limits.maxBytes());
            case "gzip", "x-gzip" -> new CappedInputStream(new Unzipped(raw), limits.maxBytes());
            default -> throw Failing.badAnswer(host(), "answered in an encoding that was not asked for");
        };
    }

    private String host() {
        return hop.target().url().host();
    }

    private Duration timeLeft() throws OutboundException {
        Duration left = Duration.ofNanos(endsAt - System.nanoTime());
        if (left.toMillis() <= 0) {
            throw new OutboundException(
                    "timed_out",
                    "the request took longer than " + limits.total().toMillis() + " ms",
                    true,
                    null);
        }
        return left;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** Reads the head of the stream not before its first byte is wanted, and only if there is one: a HEAD has no body. */
    private static final class Unzipped extends InputStream {
        private final PushbackInputStream raw;
        private @Nullable GZIPInputStream unzipped;

        Unzipped(InputStream raw) {
            this.raw = new PushbackInputStream(raw);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (unzipped == null) {
                int first = raw.read();
                if (first < 0) {
                    return -1;
                }
                raw.unread(first);
                unzipped = new GZIPInputStream(raw, 8_192);
            }
            return unzipped.read(buffer, offset, length);
        }
    }
}
