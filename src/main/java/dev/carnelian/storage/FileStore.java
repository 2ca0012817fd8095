package dev.carnelian.storage;

import dev.carnelian.job.TenantId;
import dev.carnelian.storage.FileContents.Gone;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files, whose rows are in PostgreSQL and whose bytes are there too or in an S3 bucket. They are written and read in
 * pieces: memory stays the same whatever a file's size, and no connection is held while a slow caller sends or receives.
 * Thread-safe.
 */
public final class FileStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FileStore.class);

    /** They are this node's for a minute, in which they have to be deleted. */
    private static final int OBJECTS_AT_ONCE = 100;

    private static final String UNKNOWN_MEDIA_TYPE = "application/octet-stream";
    private static final Pattern MEDIA_TYPE = Pattern.compile("[\\w.+-]{1,100}/[\\w.+-]{1,100}(; charset=utf-8)?");

    private final FileDao files;
    private final Duration keep;
    private final FileContents database;
    private final @Nullable Bucket bucket;

    /**
     * Files in the database.
     *
     * @param jdbi with the SqlObject plugin
     * @param keep how long a file stays after its upload
     */
    public FileStore(Jdbi jdbi, Duration keep) {
        this(jdbi, keep, null);
    }

    private FileStore(Jdbi jdbi, Duration keep, @Nullable Bucket bucket) {
        this.files = jdbi.onDemand(FileDao.class);
        this.keep = keep;
        this.database = new DatabaseContents(files);
        this.bucket = bucket;
    }

    /**
     * Files where the configuration says. Those that are elsewhere from an earlier time can still be read and deleted, as
     * long as the bucket is configured that they are in.
     *
     * @param jdbi with the SqlObject plugin
     * @throws IllegalStateException if the bucket cannot be used; the message is for an operator to read
     */
    public static FileStore open(StorageConfiguration configuration, Jdbi jdbi, Duration keep) {
        if (configuration.kind() == StorageConfiguration.Kind.DATABASE) {
            return new FileStore(jdbi, keep);
        }
        Bucket bucket = new Bucket(configuration.s3());
        try {
            bucket.check();
        } catch (IOException e) {
            bucket.close();
            throw new IllegalStateException("the file storage cannot be used: " + e.getMessage(), e);
        }
        return new FileStore(jdbi, keep, bucket);
    }

    /**
     * Stores a file. Nobody sees it before it is complete; after any failure nothing of it is left.
     *
     * @param name what the uploader calls it; see {@link FileName}
     * @param mediaType without parameters, but for {@code ; charset=utf-8}; anything else becomes {@code application/octet-stream}
     * @param body read to its end, not closed
     * @throws FileTooLargeException if the body is longer than {@code maxBytes}
     * @throws StorageUnavailableException if the bytes cannot be kept now
     * @throws IOException if the body cannot be read
     */
    public StoredFile store(TenantId tenant, String name, String mediaType, InputStream body, long maxBytes)
            throws IOException {
        return store(FileId.next(), tenant, name, mediaType, body, maxBytes);
    }

    /** The same under a new id that the caller has written down, so that the file is found should the caller be lost. */
    public StoredFile store(
            FileId fileId, TenantId tenant, String name, String mediaType, InputStream body, long maxBytes)
            throws IOException {
        UUID id = fileId.value();
        String type = MEDIA_TYPE.matcher(mediaType).matches() ? mediaType : UNKNOWN_MEDIA_TYPE;
        files.begin(id, tenant.value(), FileName.displayable(name), type, bucket != null);
        try {
            CountedBody counted = new CountedBody(body, maxBytes);
            (bucket == null ? database : bucket).write(id, counted, uploadId -> files.uploadBegun(id, uploadId));
            return files.complete(id, tenant.value(), counted.size(), counted.sha256(), keep.toSeconds())
                    .orElseThrow(() -> new IOException("the upload took longer than a day and was given up"));
        } catch (IOException | RuntimeException e) {
            abandon(id, tenant, e);
            throw e;
        }
    }

    /** What cannot be deleted now, because the database is away, expires as an upload that never ended. */
    private void abandon(UUID id, TenantId tenant, Exception cause) {
        try {
            files.abandon(id, tenant.value());
            if (bucket != null) {
                // Its row may have expired before the object was there.
                files.rememberObject(id);
                deleteObject(id);
            }
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
     * meanwhile, and with a {@link StorageUnavailableException} when its bytes cannot be had now.
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
        return new StoredInputStream(contentsOf(file), file, from, length);
    }

    private FileContents contentsOf(StoredFile file) {
        if (!file.inBucket()) {
            return database;
        }
        return bucket == null ? new NoBucket() : bucket;
    }

    /** The whole content of a file. */
    public InputStream open(StoredFile file) {
        return open(file, 0, file.size());
    }

    /** Deletes a file and says whether it was there. */
    public boolean delete(TenantId tenant, FileId id) {
        boolean deleted = files.delete(id.value(), tenant.value()) > 0;
        if (deleted && bucket != null) {
            deleteObject(id.value());
        }
        return deleted;
    }

    /** At once if it can be; else housekeeping does it. */
    private void deleteObject(UUID id) {
        files.objectToDelete(id).ifPresent(gone -> deleteObjects(List.of(gone)));
    }

    private boolean deleteObjects(List<Gone> gone) {
        if (bucket == null) {
            return false;
        }
        try {
            bucket.delete(gone);
            files.forgetObjects(gone.stream().map(Gone::fileId).toList());
            return true;
        } catch (IOException e) {
            LOG.warn("{} objects could not be deleted now and will be later: {}", gone.size(), e.getMessage());
            return false;
        }
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

    /**
     * Deletes from the bucket what belongs to files that are gone, such as what a lost node had uploaded.
     *
     * @param batch the most to delete
     * @return how many were deleted; as long as it equals {@code batch} there may be more
     */
    public int deleteObjectsOfGoneFiles(int batch) {
        int deleted = 0;
        while (bucket != null && deleted < batch) {
            List<Gone> gone = files.objectsToDelete(Math.min(batch - deleted, OBJECTS_AT_ONCE));
            if (gone.isEmpty() || !deleteObjects(gone)) {
                break;
            }
            deleted += gone.size();
        }
        return deleted;
    }

    /**
     * Asks whether files can be stored and read.
     *
     * @throws IOException if not; the message says why
     */
    public void check() throws IOException {
        if (bucket != null) {
            bucket.check();
        }
    }

    @Override
    public void close() {
        if (bucket != null) {
            bucket.close();
        }
    }
}
