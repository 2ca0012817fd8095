package dev.carnelian.storage;

import java.io.IOException;

/** The place where the bytes of files are kept does not answer, or refuses. Another time it may be there. */
public final class StorageUnavailableException extends IOException {
    StorageUnavailableException(String message) {
        super(message);
    }

    StorageUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
