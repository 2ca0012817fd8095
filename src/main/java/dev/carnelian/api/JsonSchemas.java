package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.core.converter.ResolvedSchema;
import io.swagger.v3.core.util.Json31;
import io.swagger.v3.oas.models.media.Schema;
import java.util.LinkedHashMap;
import java.util.Map;

/** The JSON Schema of a record, with the bounds of its constraints, and complete in itself. */
final class JsonSchemas {
    static final String OPENAPI_PLACE = "#/components/schemas/";

    private JsonSchemas() {}

    static JsonNode of(Class<?> type) {
        WireEnums.install();
        ResolvedSchema resolved =
                ModelConverters.getInstance(true).resolveAsResolvedSchema(new AnnotatedType(type).resolveAsRef(false));
        ObjectNode schema = (ObjectNode) tree(resolved.schema);
        ObjectNode parts = schema.objectNode();
        resolved.referencedSchemas.forEach((name, part) -> {
            if (!part.equals(resolved.schema)) {
                parts.set(name, tree(part));
            }
        });
        if (!parts.isEmpty()) {
            schema.set("$defs", parts);
        }
        return schema;
    }

    /** The same as parts of an OpenAPI document: the schema under the name, and what it refers to under names below it. */
    static Map<String, JsonNode> components(String name, Class<?> type) {
        ObjectNode schema = (ObjectNode) of(type);
        Map<String, JsonNode> parts = new LinkedHashMap<>();
        JsonNode definitions = schema.remove("$defs");
        parts.put(name, moved(schema, name));
        if (definitions != null) {
            definitions
                    .properties()
                    .forEach(part -> parts.put(name + "." + part.getKey(), moved(part.getValue(), name)));
        }
        return parts;
    }

    private static JsonNode moved(JsonNode schema, String name) {
        return read(schema.toString().replace("\"#/$defs/", "\"" + OPENAPI_PLACE + name + "."));
    }

    private static JsonNode tree(Schema<?> schema) {
        try {
            return read(Json31.mapper().writeValueAsString(schema).replace(OPENAPI_PLACE, "#/$defs/"));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write the schema of " + schema.getName(), e);
        }
    }

    private static JsonNode read(String schema) {
        try {
            return Json31.mapper().readTree(schema);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a schema that was written cannot be read", e);
        }
    }
}
