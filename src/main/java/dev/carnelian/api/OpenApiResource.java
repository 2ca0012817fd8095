package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swagger.v3.core.util.Json31;
import io.swagger.v3.core.util.Yaml31;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.models.OpenAPI;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The description of the API, open to all. */
@Path("/")
public final class OpenApiResource {
    private final String json;
    private final String yaml;

    OpenApiResource(List<?> resources) {
        Set<Class<?>> classes = new LinkedHashSet<>(Set.of(OpenApiResource.class));
        resources.forEach(resource -> classes.add(resource.getClass()));
        OpenAPI routes = OpenApiDocument.of(classes);
        try {
            ObjectNode document =
                    (ObjectNode) Json31.mapper().readTree(Json31.mapper().writeValueAsString(routes));
            resources.stream()
                    .filter(Describing.class::isInstance)
                    .map(Describing.class::cast)
                    .forEach(resource -> resource.describe(document));
            this.json = Json31.pretty().writeValueAsString(document);
            this.yaml = Yaml31.pretty().writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the API cannot be described", e);
        }
    }

    @GET
    @Path("/openapi.json")
    @Produces(MediaType.APPLICATION_JSON)
    @PermitAll
    @Operation(summary = "This document")
    public String json() {
        return json;
    }

    @GET
    @Path("/openapi.yaml")
    @Produces("application/yaml")
    @PermitAll
    @Operation(summary = "This document, in YAML")
    public String yaml() {
        return yaml;
    }
}
