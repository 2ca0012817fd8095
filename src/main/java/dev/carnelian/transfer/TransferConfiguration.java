package dev.carnelian.transfer;

import io.dropwizard.util.DataSize;
import io.dropwizard.util.DataSizeUnit;
import io.dropwizard.validation.MinDataSize;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;

/**
 * The {@code transfer} section of config.yml. Defaults are written there, never here.
 *
 * @param maxExport the largest file that an export makes
 * @param maxImport the most that an import reads, after it is unpacked
 * @param maxImportRows the most rows of one import
 */
public record TransferConfiguration(
        @NotNull @MinDataSize(value = 1, unit = DataSizeUnit.KIBIBYTES)
        DataSize maxExport,

        @NotNull @MinDataSize(value = 1, unit = DataSizeUnit.KIBIBYTES)
        DataSize maxImport,

        @Min(1) @Max(1_000_000_000) int maxImportRows) {}
