package dev.carnelian.api;

import dev.carnelian.storage.StoredFile;
import java.time.Instant;
import java.util.UUID;

/**
 * A file as the API shows it.
 *
 * @param size in bytes
 * @param sha256 in hexadecimal
 */
public record FileView(
        UUID id, String name, String mediaType, long size, String sha256, Instant createdAt, Instant expiresAt) {
    static FileView of(StoredFile file) {
        return new FileView(
                file.id().value(),
                file.name(),
                file.mediaType(),
                file.size(),
                file.sha256(),
                file.createdAt(),
                file.expiresAt());
    }
}
