package dev.carnelian.api;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.type.TypeFactory;
import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverter;
import io.swagger.v3.core.converter.ModelConverterContext;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Describes the constants of enums as {@link ApiJson} writes them. */
final class WireEnums implements ModelConverter {
    private static final WireEnums INSTANCE = new WireEnums();

    private WireEnums() {}

    /** Makes every description from now on name them so. The library keeps its converters in one place for all. */
    static void install() {
        synchronized (INSTANCE) {
            // The library describes parameters and bodies of requests with the converters of OpenAPI 3.0 even for 3.1.
            for (boolean openApi31 : new boolean[] {true, false}) {
                ModelConverters converters = ModelConverters.getInstance(openApi31);
                if (!converters.getConverters().contains(INSTANCE)) {
                    converters.addConverter(INSTANCE);
                }
            }
        }
    }

    @Override
    public @Nullable Schema<?> resolve(
            AnnotatedType type, ModelConverterContext context, Iterator<ModelConverter> chain) {
        JavaType javaType = TypeFactory.defaultInstance().constructType(type.getType());
        if (!javaType.isEnumType()) {
            return chain.hasNext() ? chain.next().resolve(type, context, chain) : null;
        }
        Schema<String> schema = new StringSchema();
        schema.types(Set.of("string"));
        for (Object constant : javaType.getRawClass().getEnumConstants()) {
            schema.addEnumItemObject(((Enum<?>) constant).name().toLowerCase(Locale.ROOT));
        }
        return schema;
    }
}
