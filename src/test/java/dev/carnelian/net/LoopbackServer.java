package dev.carnelian.net;

import com.google.common.net.InetAddresses;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A real server of a test, which remembers what it was asked. */
public final class LoopbackServer implements AutoCloseable {
    static {
        // Without it the JDK's server waits 40 ms for an acknowledgement in each answer.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();

    /** A request as it arrived; header names begin with a capital letter. */
    public record Seen(String method, String path, Map<String, List<String>> headers, String body) {
        /** The header's only value, or an empty text. */
        public String header(String name) {
            return String.join(",", headers.getOrDefault(name, List.of()));
        }
    }

    /** What the server does with a request once it was read and noted. */
    public interface Answering {
        void answer(HttpExchange exchange, Seen request) throws IOException;
    }

    /** Serves at 127.0.0.1. */
    public LoopbackServer(Answering answering) throws IOException {
        this("127.0.0.1", answering);
    }

    /** Serves at another of the loopback addresses. */
    public LoopbackServer(String address, Answering answering) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddresses.forString(address), 0), 50);
        server.setExecutor(threads);
        HttpHandler handler = exchange -> {
            try (exchange) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                Seen request = new Seen(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().toString(),
                        Map.copyOf(exchange.getRequestHeaders()),
                        body);
                seen.add(request);
                answering.answer(exchange, request);
            }
        };
        server.createContext("/", handler);
        server.start();
    }

    /** Answers everything with 200 and this text. */
    public static LoopbackServer saying(String text) throws IOException {
        return new LoopbackServer((exchange, request) -> answer(exchange, 200, text));
    }

    /** Answers a request and ends it. */
    public static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Sends a client elsewhere. */
    public static void redirect(HttpExchange exchange, int status, String location) throws IOException {
        exchange.getResponseHeaders().set("Location", location);
        answer(exchange, status, "");
    }

    /** For an answer that takes its time; ends it with the server. */
    public static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IOException("the test is over", e);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public URI url(String path) {
        return URI.create("http://" + server.getAddress().getHostString() + ":" + port() + path);
    }

    /** The requests so far, in the order of their arrival. */
    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
