package dev.carnelian.storage;

import java.io.InputStream;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Consumer;

/** Stands for the bucket that a file is in when none is configured. */
final class NoBucket implements FileContents {
    private static StorageUnavailableException refusal() {
        return new StorageUnavailableException("the file is in an S3 bucket, but this node is configured for none");
    }

    @Override
    public void write(UUID file, InputStream body, Consumer<String> begun) throws StorageUnavailableException {
        throw refusal();
    }

    @Override
    public int pieceBytes() {
        return DatabaseContents.CHUNK_BYTES;
    }

    @Override
    public byte[] read(StoredFile file, long from, int length) throws StorageUnavailableException {
        throw refusal();
    }

    @Override
    public void delete(Collection<Gone> files) throws StorageUnavailableException {
        throw refusal();
    }
}
