package dev.carnelian.crawl;

import com.google.common.net.InetAddresses;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** A web site on loopback that remembers who asked for what, and when. */
public final class Site implements AutoCloseable {
    static {
        // Without it the JDK's server waits 40 ms for an acknowledgement in each answer.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Answering> pages = new ConcurrentHashMap<>();
    private final Queue<Hit> hits = new ConcurrentLinkedQueue<>();

    /** A request; the time is that of {@link System#nanoTime()}. */
    public record Hit(String path, long at) {}

    /** What the site does with a request. */
    public interface Answering {
        void answer(HttpExchange exchange) throws IOException;
    }

    /** An empty site: everything is a 404. */
    public Site() {
        server = listening();
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().toString();
            hits.add(new Hit(path, System.nanoTime()));
            try (exchange) {
                pages.getOrDefault(path, pages.getOrDefault("*", Site::notFound))
                        .answer(exchange);
            }
        });
        server.start();
    }

    private static HttpServer listening() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A site of 1,339 pages that nobody here wrote: the API documentation of jackson-databind, under {@code /docs/}. */
    public static Site javadoc() throws IOException {
        Site site = new Site();
        site.on("*", exchange -> {
            String path = exchange.getRequestURI().getPath();
            String entry = path.startsWith("/docs/") ? path.substring("/docs".length()) : "";
            try (InputStream in = entry.endsWith(".html") ? Site.class.getResourceAsStream(entry) : null) {
                if (in == null) {
                    notFound(exchange);
                } else {
                    byte[] page = in.readAllBytes();
                    String tag = "\"" + page.length + "\"";
                    exchange.getResponseHeaders().set("ETag", tag);
                    boolean known = tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"));
                    send(exchange, known ? 304 : 200, "text/html", known ? new byte[0] : page);
                }
            }
        });
        return site;
    }

    /** Answers a path, with its query if it has one; {@code *} is any other. */
    public Site on(String path, Answering answering) {
        pages.put(path, answering);
        return this;
    }

    /** Answers a path as any other again. */
    public void off(String path) {
        pages.remove(path);
    }

    /** Answers a path with a page whose body is this HTML. */
    public Site page(String path, String body) {
        return html(path, "<!DOCTYPE html><html><head><title>Page " + path + "</title></head><body>" + body);
    }

    /** Answers a path with this HTML. */
    public Site html(String path, String html) {
        return on(
                path,
                exchange -> send(exchange, 200, "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8)));
    }

    public Site text(String path, String text) {
        return on(path, exchange -> send(exchange, 200, "text/plain", text.getBytes(StandardCharsets.UTF_8)));
    }

    public Site redirect(String path, String location) {
        return on(path, exchange -> {
            exchange.getResponseHeaders().set("Location", location);
            send(exchange, 302, "text/plain", new byte[0]);
        });
    }

    public Site status(String path, int status) {
        return on(path, exchange -> send(exchange, status, "text/plain", "no".getBytes(StandardCharsets.UTF_8)));
    }

    private static void notFound(HttpExchange exchange) throws IOException {
        send(exchange, 404, "text/plain", "not here".getBytes(StandardCharsets.UTF_8));
    }

    public static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String host() {
        return "127.0.0.1:" + port();
    }

    public String url(String path) {
        return "http://" + host() + path;
    }

    /** The requests so far, in the order of their arrival. */
    public List<Hit> hits() {
        return List.copyOf(hits);
    }

    /** How often each path was asked for. */
    public Map<String, Integer> counts() {
        return hits.stream().collect(Collectors.toMap(Hit::path, hit -> 1, Integer::sum, TreeMap::new));
    }

    /** The paths that were asked for, robots.txt apart. */
    public List<String> visited() {
        return hits.stream()
                .map(Hit::path)
                .filter(path -> !path.equals("/robots.txt"))
                .sorted()
                .toList();
    }

    public void forgetHits() {
        hits.clear();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
