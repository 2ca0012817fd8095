package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.deser.std.JsonNodeDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Readers of JSON values that refuse what the database could not keep or not give back. */
final class StrictJson {
    private static final int MOST_KEYS = 1_000;

    private StrictJson() {}

    /** What is wrong with a text, if anything: PostgreSQL has no U+0000, and half a surrogate pair is no character. */
    static Optional<String> flawOf(String text) {
        if (text.indexOf('\0') >= 0) {
            return Optional.of("must not contain U+0000");
        }
        // Pairs come as one code point, so a surrogate that is still one stands alone.
        boolean halved = text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        return halved ? Optional.of("must not contain half a surrogate pair") : Optional.empty();
    }

    /** Strings from strings only. */
    static final class Texts extends StdDeserializer<String> {
        Texts() {
            super(String.class);
        }

        @Override
        public String deserialize(JsonParser json, DeserializationContext context) throws IOException {
            if (!json.hasToken(JsonToken.VALUE_STRING)) {
                return (String) context.handleUnexpectedToken(String.class, json);
            }
            String text = json.getText();
            Optional<String> flaw = flawOf(text);
            if (flaw.isPresent()) {
                throw new FlawException(json, flaw.get());
            }
            return text;
        }
    }

    /** Times as {@link Rfc3339} has them. */
    static final class Times extends StdDeserializer<Instant> {
        Times() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser json, DeserializationContext context) throws IOException {
            if (!json.hasToken(JsonToken.VALUE_STRING)) {
                return (Instant) context.handleUnexpectedToken(Instant.class, json);
            }
            return Rfc3339.parse(json.getText())
                    .orElseThrow(() -> new FlawException(json, "must be a time of RFC 3339"));
        }
    }

    /** Free-form values: every text and key in them is looked at. */
    static final class Trees<T extends JsonNode> extends StdDeserializer<T> {
        Trees(Class<T> type) {
            super(type);
        }

        @Override
        public T deserialize(JsonParser json, DeserializationContext context) throws IOException {
            Object tree = JsonNodeDeserializer.getDeserializer(type()).deserialize(json, context);
            T node = type().cast(tree);
            check(json, node);
            return node;
        }

        @Override
        public T getNullValue(DeserializationContext context) throws JsonMappingException {
            Object none = JsonNodeDeserializer.getDeserializer(type()).getNullValue(context);
            return type().cast(none);
        }

        @SuppressWarnings("unchecked") // what the constructor was given
        private Class<T> type() {
            return (Class<T>) handledType();
        }

        private static void check(JsonParser json, JsonNode node) throws FlawException {
            if (node.isTextual()) {
                refuse(json, node.textValue());
            }
            if (node.isObject() && node.size() > MOST_KEYS) {
                throw new FlawException(json, "must not have more than %d keys".formatted(MOST_KEYS));
            }
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                at(json, field.getKey(), new JsonMappingException.Reference(node, field.getKey()), field.getValue());
            }
            for (int i = 0; node.isArray() && i < node.size(); i++) {
                at(json, "", new JsonMappingException.Reference(node, i), node.get(i));
            }
        }

        private static void at(JsonParser json, String key, JsonMappingException.Reference step, JsonNode value)
                throws FlawException {
            try {
                refuse(json, key);
                check(json, value);
            } catch (FlawException e) {
                e.prependPath(step);
                throw e;
            }
        }

        private static void refuse(JsonParser json, String text) throws FlawException {
            Optional<String> flaw = flawOf(text);
            if (flaw.isPresent()) {
                throw new FlawException(json, flaw.get());
            }
        }
    }

    /** Keys of maps. */
    static final class Keys extends KeyDeserializer {
        @Override
        public String deserializeKey(String key, DeserializationContext context) throws IOException {
            Optional<String> flaw = flawOf(key);
            if (flaw.isPresent()) {
                throw new FlawException(context.getParser(), flaw.get());
            }
            return key;
        }
    }

    /** A value that is JSON but not taken; its message is for the caller. */
    static final class FlawException extends JsonMappingException {
        FlawException(JsonParser json, String message) {
            super(json, message);
        }
    }
}
