package dev.carnelian.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.access.Scope;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(DropwizardExtensionsSupport.class)
class OpenApiTest {
    private static final DropwizardAppExtension<TestService.Settings> SERVICE = TestService.extension();

    private final Wire wire = new Wire(SERVICE.getLocalPort());

    @Test
    void theDocumentDescribesTheRoutesThatExist() {
        assertThat(Routes.documented(document()))
                .isNotEmpty()
                .isEqualTo(Routes.running(SERVICE.getEnvironment().jersey().getResourceConfig()));
    }

    @Test
    void theDocumentSaysHowAnswersAndKeysLook() {
        JsonNode document = document();

        assertThat(document.get("openapi").asText()).isEqualTo("3.1.0");
        assertThat(document.at("/components/securitySchemes/bearer/scheme").asText())
                .isEqualTo("bearer");
        JsonNode post = document.at("/paths/~1echo/post");
        assertThat(post.at("/requestBody/content/application~1json/schema/$ref").asText())
                .isEqualTo("#/components/schemas/Body");
        assertThat(post.at("/responses/2XX/content/application~1json/schema/$ref")
                        .asText())
                .startsWith("#/components/schemas/Envelope");
        assertThat(post.at("/responses/4XX/content/application~1json/schema/$ref")
                        .asText())
                .isEqualTo("#/components/schemas/Error");
        JsonNode envelope = document.at("/components/schemas/EnvelopeBody");
        assertThat(envelope.at("/properties/error/type").asText()).isEqualTo("null");
        assertThat(envelope.get("required").toString()).isEqualTo("[\"data\",\"error\"]");
        assertThat(document.at("/components/schemas/EnvelopeListString/properties/page/$ref")
                        .asText())
                .isEqualTo("#/components/schemas/Page");
        assertThat(document.at("/paths/~1openapi.json/get/security").toString()).isEqualTo("[]");
        assertThat(document.toString()).doesNotContain("Caller", "keyId", "Principal");
    }

    @Test
    void theSameIsThereInYamlWithoutAKey() {
        Wire.Answer yaml = wire.send("GET /v1/api/openapi.yaml HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        assertThat(yaml.status()).isEqualTo(200);
        assertThat(yaml.body()).contains("openapi: 3.1.0").contains("/echo/{id}:");
    }

    @Test
    void aClientThatTakesOnlyHtmlIsToldSo() {
        String key = SERVICE.<TestService>getApplication().newKey(Scope.ADMIN);

        assertThat(wire.send(Wire.request("GET /v1/api/openapi.json", key, "Accept: text/html\r\n", ""))
                        .status())
                .isEqualTo(406);
    }

    private JsonNode document() {
        Wire.Answer answer = wire.send("GET /v1/api/openapi.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json();
    }
}
