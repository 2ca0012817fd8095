package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.core.converter.ResolvedSchema;
import io.swagger.v3.core.util.Json31;
import io.swagger.v3.oas.models.media.Schema;

/** The JSON Schema of a record, with the bounds of its constraints, and complete in itself. */
final class JsonSchemas {
    private static final String OPENAPI_PLACE = "#/components/schemas/";

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

    private static JsonNode tree(Schema<?> schema) {
        try {
            String text = Json31.mapper().writeValueAsString(schema);
            return Json31.mapper().readTree(text.replace(OPENAPI_PLACE, "#/$defs/"));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write the schema of " + schema.getName(), e);
        }
    }
}
