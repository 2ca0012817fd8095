package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonView;
import io.dropwizard.auth.Auth;
import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.jaxrs2.Reader;
import io.swagger.v3.jaxrs2.ResolvedParameter;
import io.swagger.v3.jaxrs2.ext.AbstractOpenAPIExtension;
import io.swagger.v3.jaxrs2.ext.OpenAPIExtension;
import io.swagger.v3.jaxrs2.ext.OpenAPIExtensions;
import io.swagger.v3.oas.integration.SwaggerConfiguration;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.swagger.v3.oas.models.servers.Server;
import jakarta.ws.rs.Consumes;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Describes the routes that exist, read from the resources themselves. */
final class OpenApiDocument {
    private static final String BEARER = "bearer";
    private static final List<String> OPEN = List.of("/openapi.json", "/openapi.yaml");

    private OpenApiDocument() {}

    static OpenAPI of(Set<Class<?>> resources) {
        readCallersFromTheKey();
        WireEnums.install();
        OpenAPI start = new OpenAPI()
                .openapi("3.1.0")
                .info(new Info()
                        .title("Jobs API")
                        .version("1")
                        .description("Monitor and manage background jobs such as document processing, web crawling, "
                                + "and batch operations."))
                .addServersItem(new Server().url("/v1/api"))
                .components(new Components().addSecuritySchemes(BEARER, bearer()))
                .addSecurityItem(new SecurityRequirement().addList(BEARER));
        OpenAPI document = new Reader(new SwaggerConfiguration().openAPI(start).openAPI31(true)).read(resources);
        ModelConverters.getInstance(true)
                .readAll(new AnnotatedType(ErrorBody.class))
                .forEach(document::schema);
        document.getComponents().getSchemas().forEach(OpenApiDocument::closeEnvelope);
        document.schema("Error", failure());
        document.getPaths()
                .forEach((path, routes) -> routes.readOperations().forEach(operation -> {
                    addAnswers(operation);
                    if (OPEN.contains(path)) {
                        operation.security(List.of());
                    }
                }));
        return document;
    }

    private static SecurityScheme bearer() {
        return new SecurityScheme()
                .type(SecurityScheme.Type.HTTP)
                .scheme("bearer")
                .bearerFormat("crn_live_...")
                .description("An API key of a tenant, in the Authorization header and nowhere else.");
    }

    /** A success has no error, and a page only beside a list. */
    private static void closeEnvelope(String name, Schema<?> schema) {
        if (!name.startsWith("Envelope")) {
            return;
        }
        schema.addProperty("error", nothing());
        schema.setRequired(List.of("data", "error"));
        Schema<?> data = schema.getProperties().get("data");
        if (data == null || data.getTypes() == null || !data.getTypes().contains("array")) {
            schema.getProperties().remove("page");
        }
    }

    private static Schema<?> failure() {
        Schema<Object> failure = new Schema<>();
        failure.types(Set.of("object"));
        failure.addProperty("data", nothing());
        failure.addProperty("error", new Schema<>().$ref("#/components/schemas/ErrorBody"));
        failure.setRequired(List.of("data", "error"));
        return failure;
    }

    private static Schema<?> nothing() {
        return new Schema<>().types(Set.of("null"));
    }

    private static void addAnswers(Operation operation) {
        ApiResponses answers = operation.getResponses();
        ApiResponse success = answers.remove("default");
        if (success != null) {
            answers.addApiResponse("2XX", success.description("The answer."));
        }
        Schema<?> error = new Schema<>().$ref("#/components/schemas/Error");
        answers.addApiResponse(
                "4XX",
                new ApiResponse()
                        .description("The request cannot be answered as asked; code says why.")
                        .content(new Content().addMediaType("application/json", new MediaType().schema(error))));
    }

    /** Without this, the reader takes a caller, which no annotation of JAX-RS marks, for the body of the request. */
    private static void readCallersFromTheKey() {
        List<OpenAPIExtension> extensions = OpenAPIExtensions.getExtensions();
        synchronized (extensions) {
            if (extensions.stream().noneMatch(Callers.class::isInstance)) {
                extensions.add(0, new Callers());
            }
        }
    }

    private static final class Callers extends AbstractOpenAPIExtension {
        @Override
        public ResolvedParameter extractParameters(
                List<Annotation> annotations,
                Type type,
                Set<Type> typesToSkip,
                Components components,
                @Nullable Consumes classConsumes,
                @Nullable Consumes methodConsumes,
                boolean includeRequestBody,
                @Nullable JsonView jsonView,
                Iterator<OpenAPIExtension> chain) {
            if (annotations.stream().anyMatch(Auth.class::isInstance)) {
                return new ResolvedParameter();
            }
            return super.extractParameters(
                    annotations,
                    type,
                    typesToSkip,
                    components,
                    classConsumes,
                    methodConsumes,
                    includeRequestBody,
                    jsonView,
                    chain);
        }
    }
}
