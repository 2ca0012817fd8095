package dev.carnelian.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.access.Scope;
import dev.carnelian.job.TenantId;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(DropwizardExtensionsSupport.class)
class FilesResourceTest {
    private static final DropwizardAppExtension<TestService.Settings> SERVICE = TestService.extension();
    private static final String SHA_256_OF_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    private TestService service;
    private Wire wire;
    private String key;

    @BeforeEach
    void connect() {
        service = SERVICE.getApplication();
        wire = new Wire(SERVICE.getLocalPort());
        key = service.newKey(Scope.FILES_READ, Scope.FILES_WRITE);
    }

    @Test
    void aFileComesBackAsItWent() {
        String everyByte = Wire.text(everyByte(1_200_000));
        Wire.Answer stored = store("?name=%C3%BC%20%22a%22.pdf", "Content-Type: application/pdf; x=y\r\n", everyByte);
        String path = "/v1/api/files/" + stored.json().at("/data/id").asText();

        assertThat(stored.status()).isEqualTo(201);
        assertThat(stored.headers().get("location")).endsWith(path);
        assertThat(stored.json().get("error").isNull()).isTrue();
        assertThat(stored.json().at("/data/name").asText()).isEqualTo("ü \"a\".pdf");
        assertThat(stored.json().at("/data/mediaType").asText()).isEqualTo("application/pdf");
        assertThat(stored.json().at("/data/size").asLong()).isEqualTo(everyByte.length());
        assertThat(get(path, "").json()).isEqualTo(stored.json());

        Wire.Answer content = get(path + "/content", "");
        assertThat(content.bytes()).isEqualTo(everyByte);
        assertThat(content.headers())
                .containsEntry("content-type", "application/pdf")
                .containsEntry(
                        "content-disposition",
                        "attachment; filename=\"_ _a_.pdf\"; filename*=UTF-8''%C3%BC%20%22a%22.pdf")
                .containsEntry("x-content-type-options", "nosniff")
                .containsKey("x-request-id");
    }

    @Test
    void aPartOfAFileIsAPart() {
        String path = "/v1/api/files/" + storeHello() + "/content";

        for (Map.Entry<String, String> range : Map.of(
                        "bytes=1-3", "ell bytes 1-3/5",
                        "bytes=3-", "lo bytes 3-4/5",
                        "bytes=-2", "lo bytes 3-4/5",
                        "bytes=0-999", "hello bytes 0-4/5")
                .entrySet()) {
            Wire.Answer answer = get(path, "Range: " + range.getKey() + "\r\n");

            assertThat(answer.status()).as(range.getKey()).isEqualTo(206);
            assertThat(answer.body() + " " + answer.headers().get("content-range"))
                    .isEqualTo(range.getValue());
            assertThat(answer.headers())
                    .as("of the whole, so that parts can be checked once they are put together")
                    .containsEntry("repr-digest", "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:");
        }
        for (String ignored : new String[] {"bytes=3-1", "bytes=0-1,3-4", "bytes=a-b", "lines=1-2", "bytes=-"}) {
            assertThat(get(path, "Range: " + ignored + "\r\n").status())
                    .as(ignored)
                    .isEqualTo(200);
        }
        Wire.Answer behind = get(path, "Range: bytes=5-\r\n");
        assertThat(behind.status()).isEqualTo(416);
        assertThat(behind.code()).isEqualTo("range_not_satisfiable");
        assertThat(behind.headers()).containsEntry("content-range", "bytes */5");
        assertThat(get(path, "Range: bytes=1-3\r\nIf-Range: \"other\"\r\n").status())
                .isEqualTo(200);
    }

    @Test
    void theTagOfAFileIsItsDigest() {
        String path = "/v1/api/files/" + storeHello() + "/content";
        String tag = '"' + SHA_256_OF_HELLO + '"';

        assertThat(get(path, "").headers()).containsEntry("etag", tag);
        Wire.Answer unchanged = get(path, "If-None-Match: " + tag + "\r\n");
        assertThat(unchanged.status()).isEqualTo(304);
        assertThat(unchanged.bytes()).isEmpty();
    }

    @Test
    void aHeadRequestTellsTheSizeOnly() {
        Wire.Answer head = wire.send(Wire.request("HEAD /v1/api/files/" + storeHello() + "/content", key, "", ""));

        assertThat(head.status()).isEqualTo(200);
        assertThat(head.headers()).containsEntry("content-length", "5");
        assertThat(head.bytes()).isEmpty();
    }

    @Test
    void aDeletedFileIsGone() {
        String path = "/v1/api/files/" + storeHello();

        assertThat(wire.send(Wire.request("DELETE " + path, key, "", "")).status())
                .isEqualTo(204);

        assertThat(get(path, "").code()).isEqualTo("file_not_found");
        assertThat(wire.send(Wire.request("DELETE " + path, key, "", "")).status())
                .isEqualTo(404);
    }

    @Test
    void anotherTenantsFileIsAnUnknownOne() {
        String path = "/v1/api/files/" + storeHello();
        String stranger = service.keys()
                .create(new TenantId("globex"), "t", Set.of(Scope.ADMIN), null)
                .key();
        String id = "X-Request-Id: same\r\n";

        for (String line : new String[] {"GET %s", "GET %s/content", "DELETE %s"}) {
            Wire.Answer foreign = wire.send(Wire.request(line.formatted(path), stranger, id, ""));
            String nobodys = line.formatted("/v1/api/files/" + UUID.randomUUID());
            Wire.Answer unknown = wire.send(Wire.request(nobodys, stranger, id, ""));

            assertThat(foreign.status()).isEqualTo(404);
            assertThat(foreign.body()).isEqualTo(unknown.body());
        }
        assertThat(get(path, "").status()).isEqualTo(200);
    }

    @Test
    void aRefusedUploadLeavesNothing() {
        long before = service.storedFiles();
        String large = "a".repeat((3 << 20) + 1);
        String chunked = Wire.request("POST /v1/api/files", key, "Transfer-Encoding: chunked\r\n", "")
                + Integer.toHexString(large.length()) + "\r\n" + large + "\r\n0\r\n\r\n";
        String cut = Wire.request("POST /v1/api/files", key, "Content-Length: 9000000\r\n", "") + "abc";
        String halfway =
                Wire.request("POST /v1/api/files", key, "Content-Length: 2000000\r\n", "") + "a".repeat(1_500_000);

        assertThat(store("", "", large).code()).isEqualTo("payload_too_large");
        assertThat(wire.send(chunked).code()).isEqualTo("payload_too_large");
        assertThat(wire.send(cut).status()).isEqualTo(413);
        assertThat(wire.send(halfway).status()).isEqualTo(400);
        assertThat(store("?name=%00", "", "a").code()).isEqualTo("invalid_parameter");
        assertThat(store("", "Content-Encoding: gzip\r\n", "a").code()).isEqualTo("unsupported_media_type");
        String reader = service.newKey(Scope.FILES_READ);
        assertThat(wire.send(Wire.request("POST /v1/api/files", reader, "", "a"))
                        .status())
                .isEqualTo(403);

        assertThat(service.storedFiles()).isEqualTo(before);
    }

    private String storeHello() {
        return store("", "", "hello").json().at("/data/id").asText();
    }

    private Wire.Answer store(String query, String headers, String body) {
        return wire.send(Wire.request("POST /v1/api/files" + query, key, headers, body));
    }

    private Wire.Answer get(String path, String headers) {
        return wire.send(Wire.request("GET " + path, key, headers, ""));
    }

    private static byte[] everyByte(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + i / 257);
        }
        return bytes;
    }

    @Test
    void anEmptyFileIsAFile() {
        String id = store("?name=..%5C..%5Cwin.ini", "Content-Length: 0\r\n", "")
                .json()
                .at("/data/id")
                .asText();

        Wire.Answer content = get("/v1/api/files/" + id + "/content", "");

        assertThat(content.status()).isEqualTo(200);
        assertThat(content.body().getBytes(StandardCharsets.UTF_8)).isEmpty();
        assertThat(content.headers().get("content-disposition")).startsWith("attachment; filename=\"win.ini\"");
    }
}
