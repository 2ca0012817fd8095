package dev.carnelian.access;

import org.jspecify.annotations.Nullable;

/** The database cannot be asked about a key, and what is known of it is missing or too old. */
public final class KeysUnavailableException extends RuntimeException {
    KeysUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
