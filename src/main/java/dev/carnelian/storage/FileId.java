package dev.carnelian.storage;

import com.github.f4b6a3.uuid.UuidCreator;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** The identity of a stored file: a version 7 UUID. */
public record FileId(UUID value) {
    private static final Pattern CANONICAL =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    /** A new id, later than every id this process made before. */
    public static FileId next() {
        return new FileId(UuidCreator.getTimeOrderedEpochPlus1());
    }

    /** Reads the canonical 36-character form only; anything else is empty ({@link UUID#fromString} takes far more). */
    public static Optional<FileId> parse(String text) {
        return CANONICAL.matcher(text).matches() ? Optional.of(new FileId(UUID.fromString(text))) : Optional.empty();
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
