package dev.carnelian.httpcall;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.carnelian.net.OutboundAnswer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an endpoint's answer.
 *
 * @param body JSON as JSON, other text as text, null for what is neither
 * @param truncated whether the body went on
 * @param retryAfter the header of that name
 */
record KeptAnswer(
        int status,
        @Nullable String contentType,
        @Nullable JsonNode body,
        boolean truncated,
        @Nullable String retryAfter) {
    static final int LONGEST = 64 * 1024;

    private static final int LONGEST_EXCERPT = 300;
    private static final Pattern CHARSET = Pattern.compile("charset\\s*=\\s*\"?([A-Za-z0-9._:-]{1,40})");

    /** Reads as much as is kept, and one byte to see whether there is more. */
    static KeptAnswer read(OutboundAnswer answer, ObjectMapper json) throws IOException {
        byte[] bytes = answer.body().readNBytes(LONGEST + 1);
        boolean truncated = bytes.length > LONGEST;
        String contentType = answer.header("Content-Type")
                .map(type -> type.length() <= 200 ? type : type.substring(0, 200))
                .orElse(null);
        JsonNode body = body(truncated ? Arrays.copyOf(bytes, LONGEST) : bytes, truncated, contentType, json);
        return new KeptAnswer(
                answer.status(),
                contentType,
                body,
                truncated,
                answer.header("Retry-After").orElse(null));
    }

    private static @Nullable JsonNode body(
            byte[] bytes, boolean truncated, @Nullable String contentType, ObjectMapper json) {
        String type = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
        Optional<String> text = bytes.length == 0 ? Optional.empty() : text(bytes, truncated, type);
        if (text.isEmpty()) {
            return null;
        }
        if (type.contains("json") && !truncated) {
            try {
                return json.readTree(text.get());
            } catch (JsonProcessingException e) {
                // Not what it says it is, or nested too deeply: text like any other.
            }
        }
        // PostgreSQL keeps no U+0000.
        return TextNode.valueOf(text.get().replace('\u0000', '\uFFFD'));
    }

    private static Optional<String> text(byte[] bytes, boolean truncated, String type) {
        // The cut may have gone through a character.
        CodingErrorAction onError = truncated ? CodingErrorAction.REPLACE : CodingErrorAction.REPORT;
        try {
            return Optional.of(charset(type)
                    .newDecoder()
                    .onMalformedInput(onError)
                    .onUnmappableCharacter(onError)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static Charset charset(String type) {
        Matcher named = CHARSET.matcher(type);
        try {
            return named.find() ? Charset.forName(named.group(1)) : StandardCharsets.UTF_8;
        } catch (IllegalArgumentException e) {
            return StandardCharsets.UTF_8;
        }
    }

    /** The beginning of the body, for a message; empty if there is none. */
    String excerpt() {
        if (body == null) {
            return "";
        }
        String text = body.isTextual() ? body.textValue() : body.toString();
        String line = text.strip().replaceAll("\\s+", " ");
        return ": " + (line.length() <= LONGEST_EXCERPT ? line : line.substring(0, LONGEST_EXCERPT));
    }
}
