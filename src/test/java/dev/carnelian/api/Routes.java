package dev.carnelian.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.dropwizard.jersey.DropwizardResourceConfig;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.glassfish.jersey.server.model.Resource;
import org.glassfish.jersey.server.model.ResourceMethod;

/** The routes of an API as {@code GET /jobs/{id}}: those that run, and those that are written down. */
public final class Routes {
    private Routes() {}

    /** What Jersey really has. */
    public static Set<String> running(DropwizardResourceConfig config) {
        Set<String> routes = new TreeSet<>();
        for (Class<?> type : config.getClasses()) {
            Resource resource = Resource.from(type);
            if (resource != null) {
                collect(routes, "", resource);
            }
        }
        return routes;
    }

    /** What an OpenAPI document says. */
    public static Set<String> documented(JsonNode document) {
        Set<String> routes = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .fieldNames()
                        .forEachRemaining(method -> routes.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
        return routes;
    }

    private static void collect(Set<String> routes, String parent, Resource resource) {
        String path = (parent + "/" + resource.getPath()).replaceAll("/+", "/");
        for (ResourceMethod method : resource.getResourceMethods()) {
            routes.add(method.getHttpMethod() + " " + (path.length() > 1 ? path.replaceAll("/$", "") : path));
        }
        resource.getChildResources().forEach(child -> collect(routes, path, child));
    }
}
