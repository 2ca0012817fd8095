package dev.carnelian.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Bytes in an S3 bucket, an object for each file. */
final class Bucket implements FileContents, AutoCloseable {
    /** A part of an upload; S3 takes up to 10,000 of them, so a file may have 80 GiB. */
    static final int PART_BYTES = 8 << 20;

    /** A piece that is read in one request, so that no connection to the bucket waits for a slow caller. */
    static final int PIECE_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Bucket.class);

    private final S3Client s3;
    private final String bucket;
    private final String prefix;
    private final String place;

    Bucket(StorageConfiguration.S3 configuration) {
        this.s3 = S3Clients.connect(configuration);
        this.bucket = configuration.bucket();
        this.prefix = configuration.prefix();
        this.place = "bucket " + bucket
                + (configuration.endpoint().isEmpty() ? " at Amazon S3" : " at " + configuration.endpoint());
    }

    private String keyOf(UUID file) {
        return prefix + file;
    }

    @Override
    public void write(UUID file, InputStream body, Consumer<String> begun) throws IOException {
        String key = keyOf(file);
        long size;
        try (Part part = new Part(PART_BYTES)) {
            size = part.fill(body);
            if (size < PART_BYTES) {
                var unused = asked(() -> s3.putObject(put -> put.bucket(bucket).key(key), part.body()));
            } else {
                size = writeParts(key, body, part, begun);
            }
        }
        long kept =
                asked(() -> s3.headObject(head -> head.bucket(bucket).key(key))).contentLength();
        if (kept != size) {
            // Seen with servers that store the framing of a signed stream as if it were content.
            throw new StorageUnavailableException(
                    place + " keeps " + kept + " bytes of an upload that has " + size + ": it is not fit for use");
        }
    }

    /** The size of it all; the first part has been filled. */
    private long writeParts(String key, InputStream body, Part part, Consumer<String> begun) throws IOException {
        String upload = asked(() ->
                        s3.createMultipartUpload(create -> create.bucket(bucket).key(key)))
                .uploadId();
        begun.accept(upload);
        List<CompletedPart> parts = new ArrayList<>();
        long size = 0;
        for (long length = PART_BYTES; length > 0; length = part.fill(body)) {
            int number = parts.size() + 1;
            String etag = asked(() -> s3.uploadPart(
                            next -> next.bucket(bucket)
                                    .key(key)
                                    .uploadId(upload)
                                    .partNumber(number),
                            part.body()))
                    .eTag();
            parts.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
            size += length;
        }
        var unused = asked(() -> s3.completeMultipartUpload(complete ->
                complete.bucket(bucket).key(key).uploadId(upload).multipartUpload(all -> all.parts(parts))));
        return size;
    }

    @Override
    public int pieceBytes() {
        return PIECE_BYTES;
    }

    @Override
    public byte[] read(StoredFile file, long from, int length) throws IOException {
        if (length == 0) {
            return new byte[0];
        }
        String range = "bytes=" + from + "-" + (from + length - 1);
        try {
            return s3.getObjectAsBytes(get ->
                            get.bucket(bucket).key(keyOf(file.id().value())).range(range))
                    .asByteArrayUnsafe();
        } catch (NoSuchKeyException e) {
            return new byte[0];
        } catch (SdkException e) {
            throw unavailable(e);
        }
    }

    /** One after the other: not every server takes the checksum without which the SDK does not ask to delete many at once. */
    @Override
    public void delete(Collection<Gone> files) throws IOException {
        for (Gone file : files) {
            String key = keyOf(file.fileId());
            if (file.uploadId() != null) {
                abort(key, file.uploadId());
            }
            var unused = asked(() -> s3.deleteObject(one -> one.bucket(bucket).key(key)));
        }
    }

    /** What was begun to be uploaded takes room although it is no object yet. */
    private void abort(String key, String upload) throws IOException {
        try {
            var unused = s3.abortMultipartUpload(
                    abort -> abort.bucket(bucket).key(key).uploadId(upload));
        } catch (NoSuchUploadException e) {
            LOG.debug("the upload of {} has ended already", key);
        } catch (SdkException e) {
            throw unavailable(e);
        }
    }

    /**
     * Asks whether the bucket is there for this node.
     *
     * @throws StorageUnavailableException if not
     */
    void check() throws StorageUnavailableException {
        var unused = asked(() ->
                s3.listObjectsV2(list -> list.bucket(bucket).prefix(prefix).maxKeys(1)));
    }

    private <T> T asked(Supplier<T> request) throws StorageUnavailableException {
        try {
            return request.get();
        } catch (SdkException e) {
            throw unavailable(e);
        }
    }

    private StorageUnavailableException unavailable(SdkException failure) {
        String why = failure instanceof S3Exception answer && answer.awsErrorDetails() != null
                ? answer.awsErrorDetails().errorCode() + " (" + answer.statusCode() + ")"
                : String.valueOf(failure.getMessage());
        return new StorageUnavailableException(place + " cannot be used: " + why, failure);
    }

    @Override
    public void close() {
        s3.close();
    }
}
