package dev.carnelian.net;

import com.fasterxml.jackson.annotation.JsonFormat;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.util.Arrays;
import java.util.List;

/**
 * The {@code egress} section of config.yml: where jobs may send requests to. Defaults are written there, never here.
 *
 * @param allow places that may be reached although they are not public, or not at one of the ports: a host name, an
 *     address, a block such as {@code 10.1.0.0/16}, or a name or address with a port as in {@code db.internal:8443}; an
 *     entry may hold several, separated by commas
 * @param ports the ports that may be reached on public addresses
 */
public record EgressConfiguration(
        @NotNull @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        List<String> allow,

        @NotNull List<@Min(1) @Max(65_535) Integer> ports) {
    /**
     * @throws IllegalArgumentException if an entry of {@code allow} is none of the above
     */
    public EgressConfiguration {
        allow = allow.stream()
                .flatMap(entry -> Arrays.stream(entry.split(",", -1)))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
        allow.forEach(AllowedPlace::parse);
        ports = List.copyOf(ports);
    }
}
