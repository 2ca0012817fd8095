package dev.carnelian.job;

import com.github.f4b6a3.uuid.UuidCreator;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** The identity of a job: a version 7 UUID, so ids sort by creation and new rows land at the end of their index. */
public record JobId(UUID value) implements Comparable<JobId> {
    private static final Pattern CANONICAL =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    /** A new id, later than every id this process made before. */
    public static JobId next() {
        return new JobId(UuidCreator.getTimeOrderedEpochPlus1());
    }

    /** Reads the canonical 36-character form only; anything else is empty ({@link UUID#fromString} takes far more). */
    public static Optional<JobId> parse(String text) {
        return CANONICAL.matcher(text).matches() ? Optional.of(new JobId(UUID.fromString(text))) : Optional.empty();
    }

    @Override
    public int compareTo(JobId other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
