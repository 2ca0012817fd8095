package dev.carnelian.crawl;

import io.dropwizard.util.Duration;
import io.dropwizard.validation.MaxDuration;
import io.dropwizard.validation.MinDuration;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * The {@code crawl} section of config.yml. Defaults are written there, never here.
 *
 * @param userAgent what hosts are told; up to the first slash or space it is the name that robots.txt may address
 * @param minDelay the shortest time between two requests to a host, whatever a job asks for
 * @param threads pages that one job fetches at once
 */
public record CrawlConfiguration(
        @NotNull
        @Pattern(
                regexp = "[A-Za-z][A-Za-z_-]*([/ ][ -~]*)?",
                message = "must begin with a name of letters, '-' and '_', and be plain ASCII")
        String userAgent,

        @NotNull @MinDuration(value = 0, unit = TimeUnit.MILLISECONDS) @MaxDuration(value = 1, unit = TimeUnit.MINUTES)
        Duration minDelay,

        @Min(1) @Max(32) int threads) {
    /** The name by which robots.txt may address this crawler, in lower case. */
    String robotName() {
        return userAgent.split("[/ ]", 2)[0].toLowerCase(Locale.ROOT);
    }
}
