package dev.carnelian.document;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import jakarta.validation.Validation;
import jakarta.validation.Validator;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DocumentsInputTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Validator VALIDATOR =
            Validation.buildDefaultValidatorFactory().getValidator();

    @Test
    void everySourceIsAccepted() throws Exception {
        assertThat(violations("""
                {"documents": [
                    {"text": "Hello"},
                    {"text": "Hello", "filename": "hello.txt"},
                    {"base64": "SGVs\\nbG8=\\r\\n", "filename": "hello.txt"},
                    {"url": "https://example.org/report.pdf"},
                    {"fileId": "019a0000-0000-7000-8000-000000000000"}],
                 "collection": "my-docs.2", "chunkSize": 500, "chunkOverlap": 250}
                """)).isEmpty();
    }

    @Test
    void exactlyOneSourceIsRequired() throws Exception {
        assertThat(violations("""
                {"documents": [{"filename": "x"}, {"text": "a"}, {"text": "a", "base64": "YQ=="}]}
                """))
                .containsOnlyKeys("documents[0]", "documents[2]")
                .containsValue("must have exactly one of text, base64, fileId and url");
    }

    @Test
    void badValuesAreNamedByTheirPath() throws Exception {
        assertThat(violations("""
                {"documents": [{"text": " "}, {"base64": "%%%"}, {"base64": "YQ==", "filename": ""}, {"fileId": "12"}],
                 "collection": "a/b", "chunkSize": 100, "chunkOverlap": -1}
                """))
                .containsOnlyKeys(
                        "documents[0].text",
                        "documents[1].base64",
                        "documents[2].filename",
                        "documents[3].fileId",
                        "collection",
                        "chunkSize",
                        "chunkOverlap");
        assertThat(violations("""
                {"documents": [{"text": "a"}], "chunkSize": 200, "chunkOverlap": 101}
                """)).containsExactly(Map.entry("chunkOverlap", "must be at most half of chunkSize"));
    }

    @Test
    void thereAreOneToAThousandDocuments() throws Exception {
        String thousand =
                IntStream.range(0, 1_000).mapToObj(i -> "{\"text\":\"a\"}").collect(Collectors.joining(","));

        assertThat(violations("{}")).containsOnlyKeys("documents");
        assertThat(violations("{\"documents\":[]}")).containsOnlyKeys("documents");
        assertThat(violations("{\"documents\":[" + thousand + "]}")).isEmpty();
        assertThat(violations("{\"documents\":[" + thousand + ",{\"text\":\"a\"}]}"))
                .containsOnlyKeys("documents");
    }

    @Test
    void aLargeBase64IsChecked() throws Exception {
        assertThat(violations("{\"documents\":[{\"base64\":\"" + "A".repeat(4_000_000) + "\"}]}"))
                .isEmpty();
    }

    private static Map<String, String> violations(String json) throws Exception {
        return VALIDATOR.validate(JSON.readValue(json, DocumentsInput.class)).stream()
                .collect(Collectors.toMap(
                        violation -> violation.getPropertyPath().toString(), violation -> violation.getMessage()));
    }
}
