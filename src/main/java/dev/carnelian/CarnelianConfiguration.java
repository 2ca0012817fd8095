package dev.carnelian;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.carnelian.api.ApiConfiguration;
import dev.carnelian.cluster.ClusterConfiguration;
import dev.carnelian.crawl.CrawlConfiguration;
import dev.carnelian.database.DatabaseConfiguration;
import dev.carnelian.document.DocumentConfiguration;
import dev.carnelian.embedding.EmbeddingConfiguration;
import dev.carnelian.net.EgressConfiguration;
import dev.carnelian.storage.StorageConfiguration;
import dev.carnelian.transfer.TransferConfiguration;
import io.dropwizard.core.Configuration;
import io.dropwizard.logging.common.DefaultLoggingFactory;
import io.dropwizard.validation.ValidationMethod;
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

    @Valid
    @NotNull
    private final StorageConfiguration storage;

    @Valid
    @NotNull
    private final TransferConfiguration transfer;

    @Valid
    @NotNull
    private final EmbeddingConfiguration embeddings;

    @Valid
    @NotNull
    private final EgressConfiguration egress;

    @Valid
    @NotNull
    private final CrawlConfiguration crawl;

    @JsonCreator
    CarnelianConfiguration(
            DatabaseConfiguration database,
            ClusterConfiguration cluster,
            ApiConfiguration api,
            DocumentConfiguration documents,
            StorageConfiguration storage,
            TransferConfiguration transfer,
            EmbeddingConfiguration embeddings,
            EgressConfiguration egress,
            CrawlConfiguration crawl) {
        this.database = database;
        this.cluster = cluster;
        this.api = api;
        this.documents = documents;
        this.storage = storage;
        this.transfer = transfer;
        this.embeddings = embeddings;
        this.egress = egress;
        this.crawl = crawl;
    }

    /** Logback takes an unknown level for DEBUG. */
    @ValidationMethod(message = "logging.level must be one of OFF, ERROR, WARN, INFO, DEBUG, TRACE, ALL")
    @JsonIgnore
    public boolean isLogLevelKnown() {
        return !(getLoggingFactory() instanceof DefaultLoggingFactory logging)
                || Level.toLevel(logging.getLevel(), null) != null;
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

    StorageConfiguration storage() {
        return storage;
    }

    TransferConfiguration transfer() {
        return transfer;
    }

    EmbeddingConfiguration embeddings() {
        return embeddings;
    }

    EgressConfiguration egress() {
        return egress;
    }

    CrawlConfiguration crawl() {
        return crawl;
    }
}
