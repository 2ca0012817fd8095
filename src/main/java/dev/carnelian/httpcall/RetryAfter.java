package dev.carnelian.httpcall;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the header {@code Retry-After}. */
final class RetryAfter {
    private RetryAfter() {}

    /**
     * The wait it asks for; empty without the header, and for one that cannot be read or lies in the past.
     *
     * @param header seconds, or a date of HTTP
     */
    static Optional<Duration> parse(@Nullable String header, Instant now) {
        if (header == null) {
            return Optional.empty();
        }
        String text = header.strip();
        try {
            Duration wait = text.matches("[0-9]{1,9}")
                    ? Duration.ofSeconds(Long.parseLong(text))
                    : Duration.between(now, ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME));
            return Optional.of(wait).filter(asked -> asked.compareTo(Duration.ZERO) > 0);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
