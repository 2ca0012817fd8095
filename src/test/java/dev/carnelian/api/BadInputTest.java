package dev.carnelian.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.access.Scope;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Hostile requests: each gets the right 4xx in the envelope, leaves nothing behind, and the server answers the next. */
@ExtendWith(DropwizardExtensionsSupport.class)
class BadInputTest {
    private static final DropwizardAppExtension<TestService.Settings> SERVICE = TestService.extension();
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String NONE = "";
    private static final String KEY_PLACE = "@KEY@";

    private Wire wire;
    private TestService service;
    private String key;

    @BeforeEach
    void connect() {
        service = SERVICE.getApplication();
        wire = new Wire(SERVICE.getLocalPort());
        key = service.newKey(Scope.JOBS_READ, Scope.JOBS_WRITE);
    }

    /** @param codes the codes that are right */
    record Case(String name, String request, int status, List<String> codes) {
        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource({"brokenHttp", "wrongRoutes", "brokenJson", "wrongValues", "largeBodies"})
    void isRefused(Case hostile) {
        service.echo().taken().clear();

        Wire.Answer answer = wire.send(hostile.request().replace(KEY_PLACE, key));

        assertThat(answer.status()).as(answer.body()).isEqualTo(hostile.status());
        assertThat(answer.json().has("data")).isTrue();
        assertThat(answer.json().get("data").isNull()).isTrue();
        assertThat(answer.code()).isIn(hostile.codes());
        assertThat(answer.json().at("/error/message").asText()).isNotBlank();
        assertThat(answer.json().at("/error/details").isArray()).isTrue();
        assertThat(answer.json().at("/error/requestId").asText())
                .isNotBlank()
                .isEqualTo(answer.headers().get("x-request-id"));
        assertThat(answer.headers())
                .containsEntry("content-type", "application/json")
                .containsEntry("x-content-type-options", "nosniff")
                .containsEntry("cache-control", "no-store")
                .doesNotContainKeys("server", "x-powered-by", "access-control-allow-origin");
        assertThat(answer.body()).doesNotContain("<html", "Exception", "jetty", "Jetty", "jackson", "\tat ");
        assertThat(service.echo().taken()).isEmpty();
        assertThat(wire.send(Wire.request("GET /v1/api/echo", key, "", NONE)).status())
                .isEqualTo(200);
    }

    @Test
    void everyHeadRequestThatFailsHasNoBody() {
        Wire.Answer answer = wire.send(Wire.request("HEAD /v1/api/nothing", key, "", NONE));

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers()).containsKey("x-request-id");
    }

    @Test
    void aClientThatStopsInTheMiddleIsLetGo() {
        String body = Wire.request("POST /v1/api/echo", key, JSON + "Content-Length: 100\r\n", NONE) + "{";

        assertThat(wire.sendAndKeepOpen(body).code()).isIn("request_timeout", "bad_request");
        assertThat(wire.isClosedWithoutAnAnswer("GET /v1/api/echo HTTP/1.1\r\nHo"))
                .isTrue();
        assertThat(service.echo().taken()).isEmpty();
    }

    @Test
    void aSmallBodyMayBeDelayed() {
        String whole = Wire.request("POST /v1/api/echo", key, JSON, "{}");
        String head = whole.substring(0, whole.length() - 1);

        Wire.Answer answer = wire.sendSlowly(List.of(head, "}"), Duration.ofMillis(200));

        assertThat(answer.status()).isEqualTo(wire.send(whole).status()).isNotEqualTo(408);
    }

    @Test
    void aBodyThatDripsIsRefused() {
        String head = Wire.request("POST /v1/api/echo", key, JSON + "Content-Length: 1000\r\n", NONE);
        List<String> pieces = new ArrayList<>(Collections.nCopies(40, " "));
        pieces.add(0, head);

        Wire.Answer answer = wire.sendSlowly(pieces, Duration.ofMillis(300));

        assertThat(answer.code()).isEqualTo("request_timeout");
        assertThat(service.echo().taken()).isEmpty();
    }

    static Stream<Case> brokenHttp() {
        String host = "Host: localhost\r\n";
        return Stream.of(
                raw("no HTTP at all", "\u0016\u0003\u0001\u0000\r\n\r\n", 400, "bad_request"),
                raw("a request line of one word", "GET\r\n\r\n", 400, "bad_request"),
                raw(
                        "a version from the future",
                        "GET /v1/api/echo HTTP/9.9\r\n" + host + "\r\n",
                        505,
                        "http_version_not_supported"),
                raw("HTTP/0.9", "GET /v1/api/echo\r\n\r\n", 505, "http_version_not_supported"),
                raw("no host", "GET /v1/api/echo HTTP/1.1\r\n\r\n", 400, "bad_request"),
                raw("two hosts", "GET /v1/api/echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request"),
                raw("a space before the colon", "GET /v1/api/echo HTTP/1.1\r\nHost : a\r\n\r\n", 400, "bad_request"),
                raw(
                        "a folded header",
                        "GET /v1/api/echo HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n",
                        400,
                        "bad_request"),
                raw(
                        "a zero byte in a header",
                        "GET /v1/api/echo HTTP/1.1\r\n" + host + "A: b\u0000c\r\n\r\n",
                        400,
                        "bad_request"),
                raw(
                        "two lengths",
                        "POST /v1/api/echo HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
                        400,
                        "bad_request"),
                raw(
                        "a negative length",
                        "POST /v1/api/echo HTTP/1.1\r\n" + host + "Content-Length: -2\r\n\r\n{}",
                        400,
                        "bad_request"),
                raw(
                        "a length and chunks",
                        "POST /v1/api/echo HTTP/1.1\r\n" + host
                                + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400,
                        "bad_request"),
                raw(
                        "an unknown transfer encoding",
                        "POST /v1/api/echo HTTP/1.1\r\n" + host + "Transfer-Encoding: zip\r\n\r\n0\r\n\r\n",
                        400,
                        "bad_request"),
                raw(
                        "broken chunks",
                        "POST /v1/api/echo HTTP/1.1\r\n" + host + "Authorization: Bearer " + KEY_PLACE + "\r\n" + JSON
                                + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
                        400,
                        "bad_request"),
                raw(
                        "huge headers",
                        "GET /v1/api/echo HTTP/1.1\r\n" + host + "A: " + "a".repeat(20_000) + "\r\n\r\n",
                        431,
                        "headers_too_large"),
                raw(
                        "a huge path",
                        "GET /v1/api/" + "a".repeat(20_000) + " HTTP/1.1\r\n" + host + "\r\n",
                        414,
                        "uri_too_long"),
                raw(
                        "an unknown expectation",
                        "POST /v1/api/echo HTTP/1.1\r\n" + host + "Expect: miracles\r\nContent-Length: 2\r\n\r\n{}",
                        417,
                        "expectation_failed"));
    }

    static Stream<Case> wrongRoutes() {
        return Stream.of(
                get("/v1/api/nothing", 404, "route_not_found"),
                get("/", 404, "route_not_found"),
                get("/favicon.ico", 404, "route_not_found"),
                get("/healthcheck", 404, "route_not_found"),
                get("/v1/api/application.wadl", 404, "route_not_found"),
                get("/v1/api/echo/%zz", 400, "bad_request"),
                get("/v1/api/echo/%00", 400, "bad_request"),
                get("/v1/api/echo/a%2fb", 400, "bad_request"),
                get("/v1/api/echo/a;b=c", 400, "invalid_parameter"),
                get("/v1/api/echo/..%2f..%2fetc", 400, "bad_request"),
                get("/v1/api/../../etc/passwd", 404, "route_not_found"),
                get("/v1/api/echo/%c0%ae", 400, "bad_request"),
                get("/v1/api/echo?limit=0", 400, "invalid_parameter"),
                get("/v1/api/echo?limit=ten", 400, "invalid_parameter"),
                get("/v1/api/echo?limit=99999999999", 400, "invalid_parameter"),
                get("/v1/api/echo?a=%00", 400, "invalid_parameter"),
                get("/v1/api/echo?a=%zz", 400, "invalid_parameter"),
                get("/v1/api/echo?access_token=" + KEY_PLACE, 401, "unauthenticated"),
                line("TRACE /v1/api/echo", "", 405, "method_not_allowed"),
                line("OPTIONS /v1/api/echo", "", 405, "method_not_allowed"),
                line("OPTIONS *", "", 404, "route_not_found"),
                line("BREW /v1/api/echo", "", 405, "method_not_allowed"),
                line("get /v1/api/echo", "", 405, "method_not_allowed"),
                line("PUT /v1/api/echo", "", 405, "method_not_allowed"),
                line("POST /v1/api/echo/1", "X-HTTP-Method-Override: DELETE\r\n", 405, "method_not_allowed"),
                line("DELETE /v1/api/echo/1", "", 403, "insufficient_scope"),
                line("GET /v1/api/echo", "Accept: text/html\r\n", 406, "not_acceptable"),
                line("GET /v1/api/echo", "Accept: ;;;\r\n", 400, "bad_request"));
    }

    static Stream<Case> brokenJson() {
        return Stream.of(
                body("nothing", "", 400, "malformed_json"),
                body("blanks", "  ", 400, "malformed_json"),
                body("half an object", "{\"name\":", 400, "malformed_json"),
                body("a word", "hello", 400, "malformed_json"),
                body("NaN", "{\"name\":\"a\",\"input\":NaN}", 400, "malformed_json"),
                body("single quotes", "{'name':'a'}", 400, "malformed_json"),
                body("a comment", "{\"name\":\"a\"/**/}", 400, "malformed_json"),
                body("a trailing comma", "{\"name\":\"a\",}", 400, "malformed_json"),
                body("two values", "{\"name\":\"a\"}{}", 400, "malformed_json"),
                body("a key twice", "{\"name\":\"a\",\"name\":\"b\"}", 400, "malformed_json"),
                body(
                        "a key twice, deep inside",
                        "{\"name\":\"a\",\"input\":{\"b\":[{\"c\":1,\"c\":2}]}}",
                        400,
                        "malformed_json"),
                body("a zero byte", "{\"name\":\"a\u0000\"}", 400, "malformed_json"),
                body(
                        "deep nesting",
                        "{\"name\":\"a\",\"input\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}",
                        400,
                        "malformed_json"),
                body(
                        "a number of 1,000 digits",
                        "{\"name\":\"a\",\"input\":" + "1".repeat(1_000) + "}",
                        400,
                        "malformed_json"),
                body("a string of 300 KiB", "{\"name\":\"" + "a".repeat(300 * 1024) + "\"}", 413, "payload_too_large"),
                post("invalid UTF-8", JSON, "{\"name\":\"\u00c3(\"}", 400, "malformed_json"),
                post("UTF-16", JSON, Wire.text("{\"name\":\"a\"}".getBytes(UTF_16LE)), 400, "malformed_json"),
                post(
                        "Latin-1",
                        "Content-Type: application/json; charset=iso-8859-1\r\n",
                        "{\"name\":\"a\"}",
                        415,
                        "unsupported_media_type"),
                post(
                        "a form",
                        "Content-Type: application/x-www-form-urlencoded\r\n",
                        "name=a",
                        415,
                        "unsupported_media_type"),
                post("XML", "Content-Type: application/xml\r\n", "<a/>", 415, "unsupported_media_type"),
                post("no type", "", "{\"name\":\"a\"}", 415, "unsupported_media_type"),
                post("a type that is none", "Content-Type: ;;\r\n", "{\"name\":\"a\"}", 400, "bad_request"));
    }

    static Stream<Case> wrongValues() {
        return Stream.of(
                body("a list", "[]", 422, "validation_failed"),
                body("a string", "\"a\"", 422, "validation_failed"),
                body("an empty string", "\"\"", 422, "validation_failed"),
                body("null", "null", 400, "malformed_json"),
                body("no name", "{}", 422, "validation_failed"),
                body("an unknown field", "{\"name\":\"a\",\"extra\":1}", 422, "validation_failed"),
                body("a number for a string", "{\"name\":5}", 422, "validation_failed"),
                body("an object for a string", "{\"name\":{}}", 422, "validation_failed"),
                body("a string for a number", "{\"name\":\"a\",\"count\":\"5\"}", 422, "validation_failed"),
                body("an empty string for a number", "{\"name\":\"a\",\"count\":\"\"}", 422, "validation_failed"),
                body("a fraction for an integer", "{\"name\":\"a\",\"count\":1.5}", 422, "validation_failed"),
                body("a number too large", "{\"name\":\"a\",\"count\":99999999999}", 422, "validation_failed"),
                body("a number out of its range", "{\"name\":\"a\",\"count\":101}", 422, "validation_failed"),
                body("1 for true", "{\"name\":\"a\",\"flag\":1}", 422, "validation_failed"),
                body("a string for true", "{\"name\":\"a\",\"flag\":\"true\"}", 422, "validation_failed"),
                body("no such colour", "{\"name\":\"a\",\"colour\":\"green\"}", 422, "validation_failed"),
                body("a number for a colour", "{\"name\":\"a\",\"colour\":0}", 422, "validation_failed"),
                body(
                        "a time without a zone",
                        "{\"name\":\"a\",\"at\":\"2025-01-20T10:00:00\"}",
                        422,
                        "validation_failed"),
                body("a time as a number", "{\"name\":\"a\",\"at\":1737367200}", 422, "validation_failed"),
                body(
                        "the 30th of February",
                        "{\"name\":\"a\",\"at\":\"2025-02-30T10:00:00Z\"}",
                        422,
                        "validation_failed"),
                body(
                        "the year 10000",
                        "{\"name\":\"a\",\"at\":\"9999-12-31T23:59:59-01:00\"}",
                        422,
                        "validation_failed"),
                body("U+0000", "{\"name\":\"a\\u0000\"}", 422, "validation_failed"),
                body("U+0000 in a tree", "{\"name\":\"a\",\"input\":{\"b\":[\"\\u0000\"]}}", 422, "validation_failed"),
                body(
                        "U+0000 in a key of a tree",
                        "{\"name\":\"a\",\"input\":{\"b\\u0000\":1}}",
                        422,
                        "validation_failed"),
                body("U+0000 in a map", "{\"name\":\"a\",\"labels\":{\"b\":\"\\u0000\"}}", 422, "validation_failed"),
                body(
                        "U+0000 in a key of a map",
                        "{\"name\":\"a\",\"labels\":{\"\\u0000\":\"b\"}}",
                        422,
                        "validation_failed"),
                body("1,001 keys", "{\"name\":\"a\",\"input\":{" + keys(1_001) + "}}", 422, "validation_failed"),
                body("half a surrogate pair", "{\"name\":\"\\ud83d\"}", 422, "validation_failed"),
                body(
                        "surrogates the wrong way round",
                        "{\"name\":\"a\",\"input\":\"\\ude00\\ud83d\"}",
                        422,
                        "validation_failed"),
                body(
                        "a blank in a list",
                        "{\"name\":\"a\",\"parts\":[{\"text\":\"b\"},{\"text\":\" \"}]}",
                        422,
                        "validation_failed"));
    }

    static Stream<Case> largeBodies() {
        String large = "{\"name\":\"" + "a".repeat(12 << 20) + "\"}";
        String wide = "{\"name\":\"a\",\"input\":[" + "1,".repeat(600_000) + "1]}";
        String zipped = zip("{\"name\":\"a\"}");
        return Stream.of(
                post("12 MB", JSON, large, 413, "payload_too_large"),
                post("1.2 MB of small numbers", JSON, wide, 413, "payload_too_large"),
                chunked("1.2 MB in chunks", wide, 413, "payload_too_large"),
                post("gzip", JSON + "Content-Encoding: gzip\r\n", zipped, 415, "unsupported_media_type"),
                post(
                        "gzip twice",
                        JSON + "Content-Encoding: gzip, gzip\r\n",
                        zip(zipped),
                        415,
                        "unsupported_media_type"),
                post("gzip that is none", JSON + "Content-Encoding: gzip\r\n", "{}", 415, "unsupported_media_type"),
                post("an unknown encoding", JSON + "Content-Encoding: br\r\n", zipped, 415, "unsupported_media_type"));
    }

    private static String keys(int count) {
        return IntStream.range(0, count).mapToObj(i -> "\"k" + i + "\":1").collect(Collectors.joining(","));
    }

    private static Case raw(String name, String request, int status, String... codes) {
        return new Case(name, request, status, List.of(codes));
    }

    private static Case get(String path, int status, String code) {
        return line("GET " + path, "", status, code);
    }

    private static Case line(String line, String headers, int status, String code) {
        return new Case(
                line + " " + headers.strip(), Wire.request(line, KEY_PLACE, headers, NONE), status, List.of(code));
    }

    private static Case body(String name, String body, int status, String code) {
        return post(name, JSON, Wire.text(body.getBytes(UTF_8)), status, code);
    }

    private static Case post(String name, String headers, String body, int status, String code) {
        return new Case(name, Wire.request("POST /v1/api/echo", KEY_PLACE, headers, body), status, List.of(code));
    }

    private static Case chunked(String name, String body, int status, String code) {
        String head = Wire.request("POST /v1/api/echo", KEY_PLACE, JSON + "Transfer-Encoding: chunked\r\n", NONE);
        String whole = head + Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n";
        return new Case(name, whole, status, List.of(code));
    }

    private static String zip(String body) {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
            zip.write(body.getBytes(ISO_8859_1));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return Wire.text(zipped.toByteArray());
    }
}
