package dev.carnelian.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaskedInputTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization",
                "authorization",
                "Proxy-Authorization",
                "Cookie",
                "X-Api-Key",
                "X-ApiKey",
                "api-key",
                "X-Auth-Token",
                "X-Hub-Signature",
                "X-Vault-Token",
                "Client-Secret"
            })
    void secretsInHeadersAreMasked(String header) {
        assertThat(MaskedInput.of(
                        "{\"url\":\"https://a.example/\",\"headers\":{\"" + header + "\":\"s3cret\"},\"n\":1.10}"))
                .isEqualTo(
                        "{\"url\":\"https://a.example/\",\"headers\":{\"" + header + "\":\"[redacted]\"},\"n\":1.10}");
    }

    @Test
    void headersAreFoundInside() {
        assertThat(MaskedInput.of("{\"a\":[{\"headers\":{\"Cookie\":\"s3cret\"}}]}"))
                .doesNotContain("s3cret");
    }

    @Test
    void everythingElseIsLeftAsItCame() {
        for (String input : new String[] {
            "{\"headers\":{\"Accept\":\"a\",\"X-Keyboard\":\"b\", \"Idempotency-Key\":\"c\"}}",
            "{\"authorization\": \"not a header\"}",
            "{\"headers\": [1.10]}"
        }) {
            assertThat(MaskedInput.of(input)).isEqualTo(input);
        }
        assertThat(MaskedInput.of(null)).isNull();
    }
}
