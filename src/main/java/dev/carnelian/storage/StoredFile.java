package dev.carnelian.storage;

import dev.carnelian.job.TenantId;
import java.time.Instant;

/**
 * A file that is completely stored.
 *
 * @param name as {@link FileName#displayable} left it
 * @param mediaType what the uploader said, not what was found inside
 * @param size in bytes
 * @param sha256 the digest of the content, 64 hexadecimal digits
 * @param inBucket whether its bytes are in an S3 bucket rather than in the database
 * @param expiresAt when it is gone
 */
public record StoredFile(
        FileId id,
        TenantId tenant,
        String name,
        String mediaType,
        long size,
        String sha256,
        boolean inBucket,
        Instant createdAt,
        Instant expiresAt) {}
