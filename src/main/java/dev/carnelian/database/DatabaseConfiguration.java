package dev.carnelian.database;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;

/**
 * The {@code database} section of config.yml. Defaults are written there, never here.
 *
 * @param url JDBC address of a PostgreSQL 14 or later; empty for the embedded server
 * @param user empty when the address names it
 * @param password empty when none is needed
 * @param folder where the embedded server keeps its data
 * @param connections the most connections that requests may use at once
 */
public record DatabaseConfiguration(
        @NotNull @Pattern(regexp = "|jdbc:postgresql:.*", message = "must begin with jdbc:postgresql: or be empty")
        String url,

        @NotNull String user,
        @NotNull Secret password,
        @NotBlank String folder,
        @Min(2) @Max(200) int connections) {

    /** Whether this node starts a server of its own. */
    public boolean isEmbedded() {
        return url.isEmpty();
    }
}
