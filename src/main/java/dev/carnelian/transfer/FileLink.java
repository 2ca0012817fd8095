package dev.carnelian.transfer;

import dev.carnelian.storage.StoredFile;
import java.util.UUID;

/**
 * A file that a job made, to be fetched from {@code /files/{id}/content}.
 *
 * @param size in bytes
 * @param sha256 in hexadecimal
 */
public record FileLink(UUID id, String name, String mediaType, long size, String sha256) {
    static FileLink to(StoredFile file) {
        return new FileLink(file.id().value(), file.name(), file.mediaType(), file.size(), file.sha256());
    }
}
