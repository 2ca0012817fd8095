package dev.carnelian.api;

import io.dropwizard.util.DataSize;
import io.dropwizard.util.DataSizeUnit;
import io.dropwizard.util.Duration;
import io.dropwizard.validation.MaxDataSize;
import io.dropwizard.validation.MaxDuration;
import io.dropwizard.validation.MinDataSize;
import io.dropwizard.validation.MinDuration;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.util.concurrent.TimeUnit;

/**
 * The {@code api} section of config.yml. Defaults are written there, never here.
 *
 * @param maxBody the largest JSON body
 * @param maxBulkBody the largest JSON body that may hold many jobs
 * @param maxFile the largest file
 * @param keepFiles how long an uploaded file is kept
 * @param keyRefresh how late a node sees that a key was revoked
 * @param keyStaleness how long known keys work while the database cannot be asked
 * @param publicUrl where others reach the API, without {@code /v1/api}; empty for the node's own address
 * @param wrongKeysPerMinute wrong keys that an address may send before it is told to wait
 */
public record ApiConfiguration(
        @NotNull
        @MinDataSize(value = 1, unit = DataSizeUnit.KIBIBYTES)
        @MaxDataSize(value = 64, unit = DataSizeUnit.MEBIBYTES)
        DataSize maxBody,

        @NotNull
        @MinDataSize(value = 1, unit = DataSizeUnit.KIBIBYTES)
        @MaxDataSize(value = 64, unit = DataSizeUnit.MEBIBYTES)
        DataSize maxBulkBody,

        @NotNull
        @MinDataSize(value = 1, unit = DataSizeUnit.KIBIBYTES)
        @MaxDataSize(value = 10, unit = DataSizeUnit.GIBIBYTES)
        DataSize maxFile,

        @NotNull @MinDuration(value = 1, unit = TimeUnit.HOURS)
        Duration keepFiles,

        @NotNull
        @MinDuration(value = 100, unit = TimeUnit.MILLISECONDS)
        @MaxDuration(value = 4, unit = TimeUnit.SECONDS)
        Duration keyRefresh,

        @NotNull @MinDuration(value = 10, unit = TimeUnit.SECONDS) @MaxDuration(value = 1, unit = TimeUnit.HOURS)
        Duration keyStaleness,

        @NotNull @Pattern(regexp = "|https?://[^\\s?#]+", message = "must be an http or https address without a query")
        String publicUrl,

        @Min(1) @Max(1_000) int wrongKeysPerMinute) {}
