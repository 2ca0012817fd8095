package dev.carnelian.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carnelian.access.ApiKey.Created;
import dev.carnelian.access.Scope;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What every route has from the API, seen from outside. */
@ExtendWith(DropwizardExtensionsSupport.class)
class ApiTest {
    private static final DropwizardAppExtension<TestService.Settings> SERVICE = TestService.extension();

    private Wire wire;
    private TestService service;
    private String key;

    @BeforeEach
    void connect() {
        service = SERVICE.getApplication();
        wire = new Wire(SERVICE.getLocalPort());
        key = service.newKey(Scope.JOBS_READ, Scope.JOBS_WRITE);
    }

    @Test
    void anAnswerIsAnEnvelope() {
        assertThat(get("/echo/1").body()).isEqualTo("{\"data\":\"1\",\"error\":null}");
        assertThat(get("/echo?limit=7").body())
                .startsWith("{\"data\":[\"acme\",")
                .endsWith("],\"error\":null,\"page\":{\"limit\":7,\"hasMore\":false,\"nextCursor\":null}}");
    }

    @Test
    void whatCameInComesOutUnchanged() {
        String body =
                "{\"name\":\"ü 😀 \\u2028\",\"count\":5,\"flag\":true,\"at\":\"2025-01-20T10:00:00Z\",\"colour\":\"dark_red\","
                        + "\"input\":{\"a\":1.10,\"b\":[1e3,null,12345678901234567890],\"c\":{}},\"labels\":{\"k\":\"v\"},\"parts\":[]}";

        Wire.Answer answer = post("/echo", body);

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.json().get("data").toString()).contains("\"name\":\"ü 😀 \u2028\"");
        assertThat(answer.body())
                .contains("\"a\":1.10,")
                .contains("12345678901234567890")
                .contains("\"dark_red\"");
    }

    @Test
    void timesAreTakenWithAnOffsetAndGivenInUtc() {
        assertThat(time("2025-01-20T12:00:00.5+02:00")).isEqualTo("2025-01-20T10:00:00.500Z");
        assertThat(time("2025-01-20T10:00:00.123456Z")).isEqualTo("2025-01-20T10:00:00.123Z");
        assertThat(time("2025-01-20T10:00:00.000Z")).isEqualTo("2025-01-20T10:00:00Z");
    }

    @Test
    void aViolationNamesTheFieldAsTheClientWroteIt() {
        Wire.Answer answer = post("/echo", "{\"name\":\"a\",\"parts\":[{\"text\":\"b\"},{\"text\":\"\"}]}");
        assertThat(answer.json().at("/error/details/0/field").asText()).isEqualTo("parts[1].text");

        answer = post("/echo", "{\"name\":\"a\",\"parts\":[{\"text\":{}}]}");
        assertThat(answer.json().at("/error/details/0/field").asText()).isEqualTo("parts[0].text");
        assertThat(answer.json().at("/error/details/0/message").asText()).isEqualTo("must be a string");

        answer = post("/echo", "{\"name\":\"a\",\"count\":99999999999}");
        assertThat(answer.json().at("/error/message").asText()).isEqualTo("count must be an integer of 32 bits");

        answer = get("/echo?limit=0");
        assertThat(answer.json().at("/error/details/0/field").asText()).isEqualTo("limit");

        answer = post("/echo", "{\"name\":\"a\",\"input\":{\"b\":[\"\\u0000\"]}}");
        assertThat(answer.json().at("/error/details/0/field").asText()).isEqualTo("input.b[0]");
    }

    @Test
    void anOptionalBodyMayBeMissing() {
        assertThat(wire.send(Wire.request("POST /v1/api/echo/optional", key, "", ""))
                        .body())
                .isEqualTo("{\"data\":false,\"error\":null}");
        assertThat(post("/echo/optional", "{\"name\":\"a\"}").body()).isEqualTo("{\"data\":true,\"error\":null}");
    }

    @Test
    void theRequestIdIsTheClientsWhenItIsWellFormed() {
        String wanted = "Req_1.2-3";
        Wire.Answer answer = wire.send(Wire.request("GET /v1/api/echo", key, "X-Request-Id: " + wanted + "\r\n", ""));
        assertThat(answer.headers()).containsEntry("x-request-id", wanted);
        assertThat(answer.json().at("/data/1").asText()).as("in MDC").isEqualTo(wanted);

        answer = wire.send(Wire.request("GET /v1/api/echo", key, "X-Request-Id: a b\r\n", ""));
        assertThat(answer.headers().get("x-request-id")).matches("[0-9a-f-]{36}");

        answer = wire.send("GET /v1/api/echo HTTP/1.1\r\nX-Request-Id: " + wanted + "\r\nHost : a\r\n\r\n");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.headers()).containsKey("x-request-id");
    }

    @Test
    void onlyABearerKeyOpensARoute() {
        for (String header : new String[] {
            "",
            "Authorization: Basic " + base64(key + ":") + "\r\n",
            "Authorization: " + key + "\r\n",
            "Authorization: Bearer\r\n",
            "Authorization: Bearer " + key + ", Bearer " + key + "\r\n",
            "Authorization: Bearer " + key + "\r\nAuthorization: Bearer " + key + "\r\n",
            "Cookie: access_token=" + key + "\r\n",
            "X-Api-Key: " + key + "\r\n"
        }) {
            Wire.Answer answer =
                    wire.send("GET /v1/api/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + header + "\r\n");

            assertThat(answer.status()).as(header).isEqualTo(401);
            assertThat(answer.code()).isEqualTo("unauthenticated");
            assertThat(answer.headers()).containsEntry("www-authenticate", "Bearer");
        }
    }

    @Test
    void aKeyNeedsTheScopeOfTheRoute() {
        String reader = service.newKey(Scope.JOBS_READ);
        String admin = service.newKey(Scope.ADMIN);
        String body = "{\"name\":\"a\"}";
        String type = "Content-Type: application/json\r\n";

        Wire.Answer refused = wire.send(Wire.request("POST /v1/api/echo", reader, type, body));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.code()).isEqualTo("insufficient_scope");
        assertThat(wire.send(Wire.request("GET /v1/api/echo", reader, "", "")).status())
                .isEqualTo(200);
        assertThat(wire.send(Wire.request("POST /v1/api/echo", admin, type, body))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aRevokedKeyAndAnExpiredOneSaySo() {
        Created revoked = service.keys().create(TestService.TENANT, "r", Set.of(Scope.ADMIN), null);
        service.keys().revoke(TestService.TENANT, revoked.apiKey().id());
        Created expired = service.keys().create(TestService.TENANT, "e", Set.of(Scope.ADMIN), Duration.ofMillis(1));

        await().untilAsserted(() -> assertThat(code(revoked.key())).isEqualTo("api_key_revoked"));
        await().untilAsserted(() -> assertThat(code(expired.key())).isEqualTo("api_key_expired"));
    }

    @Test
    void tooManyWrongKeysMustWaitWhileTheRightOneWorks() {
        String wrong = "crn_live_" + "a".repeat(42);
        await().until(() ->
                wire.send(Wire.request("GET /v1/api/echo", wrong, "", "")).status() == 429);

        Wire.Answer answer = wire.send(Wire.request("GET /v1/api/echo", wrong, "", ""));

        assertThat(answer.code()).isEqualTo("rate_limited");
        assertThat(Integer.parseInt(answer.headers().get("retry-after"))).isBetween(1, 60);
        assertThat(get("/echo").status()).isEqualTo(200);
    }

    @Test
    void ourFaultsSayNothingOfTheInside() {
        Wire.Answer bug = get("/echo/bug");
        assertThat(bug.status()).isEqualTo(500);
        assertThat(bug.code()).isEqualTo("internal");
        assertThat(bug.body())
                .doesNotContain("secret", "Exception")
                .contains(bug.headers().get("x-request-id"));

        Wire.Answer database = get("/echo/database");
        assertThat(database.status()).isEqualTo(503);
        assertThat(database.code()).isEqualTo("database_unavailable");
        assertThat(database.headers()).containsEntry("retry-after", "2");

        assertThat(get("/echo/wait").headers()).containsEntry("retry-after", "2");
    }

    @Test
    void aWrongMethodIsToldTheRightOnes() {
        Wire.Answer answer = wire.send(Wire.request("PUT /v1/api/echo", key, "", ""));

        assertThat(answer.headers().get("allow"))
                .contains("GET")
                .contains("POST")
                .doesNotContain("DELETE");
    }

    @Test
    void theAdminPortIsLeftAlone() {
        Wire admin = new Wire(SERVICE.getAdminPort());

        assertThat(admin.send("GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        .body())
                .isEqualTo("pong\n");
        assertThat(admin.send("GET\r\n\r\n").headers()).doesNotContainKey("x-request-id");
    }

    private String code(String someKey) {
        return wire.send(Wire.request("GET /v1/api/echo", someKey, "", "")).code();
    }

    private String time(String text) {
        return post("/echo", "{\"name\":\"a\",\"at\":\"" + text + "\"}")
                .json()
                .at("/data/at")
                .asText();
    }

    private Wire.Answer get(String path) {
        return wire.send(Wire.request("GET /v1/api" + path, key, "", ""));
    }

    private Wire.Answer post(String path, String body) {
        String bytes = Wire.text(body.getBytes(StandardCharsets.UTF_8));
        return wire.send(Wire.request("POST /v1/api" + path, key, "Content-Type: application/json\r\n", bytes));
    }

    private static String base64(String text) {
        return java.util.Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
