package dev.carnelian;

import com.fasterxml.jackson.annotation.JsonCreator;
import dev.carnelian.api.ApiConfiguration;
import dev.carnelian.cluster.ClusterConfiguration;
import dev.carnelian.database.DatabaseConfiguration;
import dev.carnelian.document.DocumentConfiguration;
import io.dropwizard.core.Configuration;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;

/** The whole of config.yml; each section is a record beside the feature that uses it. */
final class CarnelianConfiguration extends Configuration {
    @Valid
    @NotNull
    private final DatabaseConfiguration database;

    @Valid
    @NotNull
    private final ClusterConfiguration cluster;

    @Valid
    @NotNull
    private final ApiConfiguration api;

    @Valid
    @NotNull
    private final DocumentConfiguration documents;

    @JsonCreator
    CarnelianConfiguration(
            DatabaseConfiguration database,
            ClusterConfiguration cluster,
            ApiConfiguration api,
            DocumentConfiguration documents) {
        this.database = database;
        this.cluster = cluster;
        this.api = api;
        this.documents = documents;
    }

    DatabaseConfiguration database() {
        return database;
    }

    ClusterConfiguration cluster() {
        return cluster;
    }

    ApiConfiguration api() {
        return api;
    }

    DocumentConfiguration documents() {
        return documents;
    }
}
