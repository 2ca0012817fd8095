package dev.carnelian.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.assertj.core.api.ThrowableTypeAssert;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the client does with servers that answer, and with those that mean no good. */
class OutboundClientTest {
    private static final long MEBIBYTE = 1024 * 1024;
    private static final OutboundLimits SHORT =
            new OutboundLimits(Duration.ofSeconds(1), Duration.ofMillis(700), Duration.ofMillis(1_500), MEBIBYTE, 5);

    private static LoopbackServer server;
    private static LoopbackServer other;
    private static OutboundClient client;

    @BeforeAll
    static void start() throws IOException {
        server = new LoopbackServer(OutboundClientTest::answer);
        other = LoopbackServer.saying("other");
        client = new OutboundClient(new EgressConfiguration(List.of("127.0.0.1, localhost"), List.of()));
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
        other.close();
    }

    private static void answer(HttpExchange exchange, LoopbackServer.Seen request) throws IOException {
        switch (request.path()) {
            case "/gzip" -> answerGzip(exchange, gzip("zipped ".repeat(1_000).getBytes(UTF_8)));
            case "/bomb" -> answerGzip(exchange, bomb());
            case "/endless" -> writeUntilClosed(exchange, 0);
            case "/drip" -> writeUntilClosed(exchange, 100);
            case "/hang" -> LoopbackServer.pause(10_000);
            case "/loop" -> LoopbackServer.redirect(exchange, 302, "/loop");
            case "/twice" -> LoopbackServer.redirect(exchange, 307, "/once");
            case "/once" -> LoopbackServer.redirect(exchange, 303, "/echo");
            case "/away" -> LoopbackServer.redirect(exchange, 307, "http://localhost:" + other.port() + "/");
            case "/brotli" -> {
                exchange.getResponseHeaders().set("Content-Encoding", "gzip, gzip");
                LoopbackServer.answer(exchange, 200, "?");
            }
            case "/notgzip" -> answerGzip(exchange, "this is not gzip".getBytes(UTF_8));
            default -> LoopbackServer.answer(exchange, 418, request.method() + " " + request.body());
        }
    }

    @Test
    void everyStatusIsAnAnswer() throws Exception {
        OutboundRequest request = new OutboundRequest(
                "POST", server.url("/echo"), Map.of("X-Trace", "1"), "body".getBytes(UTF_8), OutboundLimits.standard());
        String answer =
                client.send(request, got -> got.status() + " " + got.url().getPath() + " " + text(got));
        assertThat(answer).isEqualTo("418 /echo POST body");
        assertThat(last(server).header("X-trace")).isEqualTo("1");
        assertThat(last(server).header("User-agent")).isEqualTo("Carnelian");
    }

    @Test
    void compressedBodiesAreReadAsWhatTheyHold() throws Exception {
        assertThat(get("/gzip", OutboundLimits.standard()))
                .startsWith("zipped zipped")
                .hasSize(7_000);
    }

    @Test
    void aBombIsCutAtTheLimitWithoutBeingHeld() {
        assertThatOutbound("too_large")
                .isThrownBy(() -> get("/bomb", OutboundLimits.standard().withMaxBytes(MEBIBYTE)));
    }

    @Test
    void anEndlessBodyIsCutAtTheLimit() {
        assertThatOutbound("too_large").isThrownBy(() -> get("/endless", OutboundLimits.standard()));
    }

    @Test
    void aReaderMayTakeTheBeginningOfAnEndlessBody() throws Exception {
        byte[] beginning = client.send(
                OutboundRequest.get(server.url("/endless"), OutboundLimits.standard()),
                answer -> answer.body().readNBytes(1_000));
        assertThat(beginning).hasSize(1_000);
    }

    @Test
    void aServerThatDripsIsLeftWhenTheTimeIsOver() {
        assertThatOutbound("timed_out").isThrownBy(() -> get("/drip", SHORT));
    }

    @Test
    void aServerThatHangsIsLeftAfterItsSilence() {
        long start = System.nanoTime();
        assertThatOutbound("timed_out").isThrownBy(() -> get("/hang", SHORT));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1_400));
    }

    @Test
    void redirectsThatGoInCirclesEnd() {
        assertThatOutbound("too_many_redirects").isThrownBy(() -> get("/loop", OutboundLimits.standard()));
    }

    @Test
    void redirectsAreFollowedWithTheMethodTheyAskFor() throws Exception {
        OutboundRequest post = new OutboundRequest(
                "POST", server.url("/twice"), Map.of(), "body".getBytes(UTF_8), OutboundLimits.standard());
        String answer = client.send(
                post, got -> got.redirects().size() + " " + got.url().getPath() + " " + text(got));
        assertThat(answer).isEqualTo("2 /echo GET ");
        assertThat(server.seen())
                .anyMatch(seen -> seen.path().equals("/once")
                        && seen.method().equals("POST")
                        && seen.body().equals("body"));
    }

    @Test
    void aReaderThatFollowsRedirectsItselfGetsThem() throws Exception {
        OutboundLimits none =
                new OutboundLimits(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1), MEBIBYTE, 0);
        String location = client.send(
                OutboundRequest.get(server.url("/loop"), none),
                answer -> answer.status() + answer.header("location").orElseThrow());
        assertThat(location).isEqualTo("302/loop");
    }

    @Test
    void secretsDoNotFollowToAnotherHost() throws Exception {
        Map<String, String> headers = Map.of(
                "Authorization", "Bearer secret", "Cookie", "a=b", "X-Api-Key", "secret", "Accept", "text/plain");
        OutboundRequest request = OutboundRequest.get(server.url("/away"), headers, OutboundLimits.standard());
        assertThat(client.send(request, OutboundClientTest::text)).isEqualTo("other");
        assertThat(last(other).headers().toString()).doesNotContain("secret").doesNotContain("a=b");
        assertThat(last(other).header("Accept")).isEqualTo("text/plain");
    }

    @Test
    void anEncodingThatWasNotAskedForIsABadAnswer() {
        assertThatOutbound("bad_answer").isThrownBy(() -> get("/brotli", OutboundLimits.standard()));
        assertThatOutbound("bad_answer").isThrownBy(() -> get("/notgzip", OutboundLimits.standard()));
    }

    @Test
    void aPortThatNobodyListensOnIsNoConnection() throws IOException {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        assertThatOutbound("connect_failed").isThrownBy(() -> get(URI.create("http://127.0.0.1:" + port), SHORT));
    }

    @Test
    void aServerWithoutTlsIsNoTlsServer() throws IOException {
        try (RawServer raw = new RawServer(out -> out.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8)))) {
            URI tls = URI.create(raw.url().toString().replace("http:", "https:"));
            assertThatOutbound("tls_failed").isThrownBy(() -> get(tls, OutboundLimits.standard()));
        }
    }

    @Test
    void headersWithoutEndAreCut() throws IOException {
        try (RawServer raw = new RawServer(out -> {
            out.write("HTTP/1.1 200 OK\r\n".getBytes(UTF_8));
            for (int i = 0; ; i++) {
                out.write(("X-" + i + ": " + "a".repeat(500) + "\r\n").getBytes(UTF_8));
            }
        })) {
            assertThatExceptionOfType(OutboundException.class)
                    .isThrownBy(() -> get(raw.url(), OutboundLimits.standard()))
                    .matches(thrown -> List.of("bad_answer", "connection_lost").contains(thrown.code()));
        }
    }

    @Test
    void aConnectionThatBreaksInTheMiddleIsLost() throws IOException {
        try (RawServer raw =
                new RawServer(out -> out.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".getBytes(UTF_8)))) {
            assertThatOutbound("connection_lost").isThrownBy(() -> get(raw.url(), OutboundLimits.standard()));
        }
    }

    @Test
    void anInterruptedCallerIsFreeAtOnce() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CompletableFuture<Throwable> ending = new CompletableFuture<>();
        Thread caller = new Thread(() -> {
            started.countDown();
            try {
                ending.completeExceptionally(new AssertionError(get("/hang", OutboundLimits.standard())));
            } catch (Exception e) {
                ending.complete(e);
            }
        });
        caller.start();
        assertThat(started.await(5, TimeUnit.SECONDS)).isTrue();
        Awaitility.await()
                .until(() -> server.seen().stream().anyMatch(s -> s.path().equals("/hang")));
        long start = System.nanoTime();
        caller.interrupt();
        assertThat(ending.get(5, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(500));
    }

    @Test
    void connectionsAreUsedAgain() throws Exception {
        try (LoopbackServer quiet = LoopbackServer.saying("again");
                OutboundClient fresh = new OutboundClient(new EgressConfiguration(List.of("127.0.0.1"), List.of()))) {
            for (int i = 0; i < 20; i++) {
                OutboundRequest request = OutboundRequest.get(quiet.url("/" + i), OutboundLimits.standard());
                assertThat(fresh.send(request, OutboundClientTest::text)).isEqualTo("again");
            }
            assertThat(fresh.idleConnections()).isOne();
        }
    }

    @Test
    void anAnswerWithoutABodyMayCallItselfCompressed() throws Exception {
        OutboundRequest head =
                new OutboundRequest("HEAD", server.url("/gzip"), Map.of(), new byte[0], OutboundLimits.standard());
        assertThat(client.send(head, OutboundClientTest::text)).isEmpty();
    }

    private static ThrowableTypeAssert<OutboundException> assertThatOutbound(String code) {
        return new ThrowableTypeAssert<>(OutboundException.class) {
            @Override
            public ThrowableAssertAlternative<OutboundException> isThrownBy(ThrowingCallable call) {
                return super.isThrownBy(call)
                        .satisfies(thrown -> assertThat(thrown.code()).isEqualTo(code));
            }
        };
    }

    private static String get(String path, OutboundLimits limits) throws Exception {
        return get(server.url(path), limits);
    }

    private static String get(URI url, OutboundLimits limits) throws Exception {
        return client.send(OutboundRequest.get(url, limits), OutboundClientTest::text);
    }

    private static String text(OutboundAnswer answer) throws IOException {
        return new String(answer.body().readAllBytes(), UTF_8);
    }

    private static LoopbackServer.Seen last(LoopbackServer where) {
        List<LoopbackServer.Seen> seen = where.seen();
        return seen.get(seen.size() - 1);
    }

    private static void answerGzip(HttpExchange exchange, byte[] bytes) throws IOException {
        exchange.getResponseHeaders().set("Content-Encoding", "gzip");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream zipping = new GZIPOutputStream(bytes)) {
            zipping.write(plain);
        }
        return bytes.toByteArray();
    }

    /** 300 MB of zeroes. */
    private static byte[] bomb() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream zipping = new GZIPOutputStream(bytes, 65_536)) {
            byte[] zeroes = new byte[(int) MEBIBYTE];
            for (int i = 0; i < 300; i++) {
                zipping.write(zeroes);
            }
        }
        return bytes.toByteArray();
    }

    private static void writeUntilClosed(HttpExchange exchange, long pauseMillis) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        byte[] piece = new byte[pauseMillis == 0 ? 65_536 : 1];
        while (true) {
            exchange.getResponseBody().write(piece);
            exchange.getResponseBody().flush();
            LoopbackServer.pause(pauseMillis);
        }
    }

    /** Answers the first connection with whatever bytes a test wants, and closes it. */
    private static final class RawServer implements AutoCloseable {
        private interface Writing {
            void to(OutputStream out) throws IOException;
        }

        private final ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());

        RawServer(Writing writing) throws IOException {
            Thread thread = new Thread(() -> {
                try (Socket socket = listening.accept()) {
                    var unused = socket.getInputStream().read(new byte[8_192]);
                    writing.to(socket.getOutputStream());
                } catch (IOException e) {
                    // The client has heard enough.
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        URI url() {
            return URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/");
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }
}
