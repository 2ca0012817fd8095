package dev.carnelian.document;

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
import java.util.concurrent.TimeUnit;

/**
 * The {@code documents} section of config.yml. Defaults are written there, never here.
 *
 * @param extractors child processes that read documents at the same time, 256 MB of memory each
 * @param timeout the longest a document may take to be read
 * @param maxDocument the largest document
 */
public record DocumentConfiguration(
        @Min(1) @Max(32) int extractors,

        @NotNull @MinDuration(value = 1, unit = TimeUnit.SECONDS) @MaxDuration(value = 10, unit = TimeUnit.MINUTES)
        Duration timeout,

        @NotNull
        @MinDataSize(value = 1, unit = DataSizeUnit.KIBIBYTES)
        @MaxDataSize(value = 200, unit = DataSizeUnit.MEBIBYTES)
        DataSize maxDocument) {}
