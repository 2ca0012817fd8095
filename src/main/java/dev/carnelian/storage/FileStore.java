package dev.carnelian.storage;

import dev.carnelian.job.TenantId;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Jdbi;

/**
 * Files in PostgreSQL, written and read in pieces of 1 MiB: memory stays the same whatever a file's size, and no
 * connection is held while a slow caller sends or receives. Thread-safe.
 */
public final class FileStore {
    static final int CHUNK_BYTES = 1 << 20;

    private static final String UNKNOWN_MEDIA_TYPE = "application/octet-stream";
    private static final Pattern MEDIA_TYPE = Pattern.compile("[\\w.+-]{1,100}/[\\w.+-]{1,100}(; charset=utf-8)?");

    private final FileDao files;
    private final Duration keep;

    /**
     * @param jdbi with the SqlObject plugin
     * @param keep how long a file stays after its upload
     */
    public FileStore(Jdbi jdbi, Duration keep) {
        this.files = jdbi.onDemand(FileDao.class);
        this.keep = keep;
    }

    /**
     * Stores a file. Nobody sees it before it is complete; after any failure nothing of it is left.
     *
     * @param name what the uploader calls it; see {@link FileName}
     * @param mediaType without parameters, but for {@code ; charset=utf-8}; anything else becomes {@code application/octet-stream}
     * @param body read to its end, not closed
     * @throws FileTooLargeException if the body is longer than {@code maxBytes}
     * @throws IOException if the body cannot be read
     */
    public StoredFile store(TenantId tenant, String name, String mediaType, InputStream body, long maxBytes)
            throws IOException {
        UUID id = FileId.next().value();
        String type = MEDIA_TYPE.matcher(mediaType).matches() ? mediaType : UNKNOWN_MEDIA_TYPE;
        files.begin(id, tenant.value(), FileName.displayable(name), type);
        try {
            MessageDigest digest = sha256();
            long size = append(id, body, maxBytes, digest);
            return files.complete(id, tenant.value(), size, digest.digest(), keep.toSeconds())
                    .orElseThrow(() -> new IOException("the upload took longer than a day and was given up"));
        } catch (IOException | RuntimeException e) {
            abandon(id, tenant, e);
            throw e;
        }
    }

    private long append(UUID id, InputStream body, long maxBytes, MessageDigest digest) throws IOException {
        long size = 0;
        int ordinal = 0;
        for (byte[] chunk = next(body); chunk.length > 0; chunk = next(body)) {
            size += chunk.length;
            if (size > maxBytes) {
                throw new FileTooLargeException(maxBytes);
            }
            digest.update(chunk);
            files.append(id, ordinal++, chunk);
        }
        return size;
    }

    private static byte[] next(InputStream body) throws IOException {
        return body.readNBytes(CHUNK_BYTES);
    }

    /** What cannot be deleted now, because the database is away, expires as an upload that never ended. */
    private void abandon(UUID id, TenantId tenant, Exception cause) {
        try {
            files.abandon(id, tenant.value());
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    /** The file, unless it is unknown, another tenant's, incomplete or expired. */
    public Optional<StoredFile> find(TenantId tenant, FileId id) {
        return files.find(id.value(), tenant.value());
    }

    /**
     * The content of a file, or a part of it. Reading fails with an {@link IOException} when the file is deleted
     * meanwhile.
     *
     * @param from the first byte, {@code 0 <= from <= size}
     * @param length how many bytes, {@code 0 <= length <= size - from}
     * @throws IllegalArgumentException if the part is not within the file
     */
    public InputStream open(StoredFile file, long from, long length) {
        if (from < 0 || length < 0 || from > file.size() - length) {
            throw new IllegalArgumentException(
                    "the file has " + file.size() + " bytes, not " + length + " from " + from + " on");
        }
        return new ChunkInputStream(files, file, from, length);
    }

    /** The whole content of a file. */
    public InputStream open(StoredFile file) {
        return open(file, 0, file.size());
    }

    /** Deletes a file and says whether it was there. */
    public boolean delete(TenantId tenant, FileId id) {
        return files.delete(id.value(), tenant.value()) > 0;
    }

    /**
     * Deletes files whose time is over, and abandoned uploads.
     *
     * @param batch the most to delete
     * @return how many were deleted; as long as it equals {@code batch} there may be more
     */
    public int deleteExpired(int batch) {
        return files.deleteExpired(batch);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
