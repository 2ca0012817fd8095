package dev.carnelian.database;

import com.fasterxml.jackson.annotation.JsonCreator;

/** A value that must not be printed. */
public final class Secret {
    private final String value;

    @JsonCreator
    public Secret(String value) {
        this.value = value;
    }

    /** The value itself, for the one who needs it. */
    public String reveal() {
        return value;
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
