package dev.carnelian.storage;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A body that is counted and digested as it is read, and ends with an exception where it is longer than it may be. */
final class CountedBody extends FilterInputStream {
    private final long maxBytes;
    private final MessageDigest digest;
    private long size;

    CountedBody(InputStream body, long maxBytes) {
        super(body);
        this.maxBytes = maxBytes;
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = super.read(target, offset, length);
        if (read > 0) {
            size += read;
            if (size > maxBytes) {
                throw new FileTooLargeException(maxBytes);
            }
            digest.update(target, offset, read);
        }
        return read;
    }

    /** Bytes read so far. */
    long size() {
        return size;
    }

    /** The digest of them; to be asked for once. */
    byte[] sha256() {
        return digest.digest();
    }

    @Override
    public long skip(long count) {
        return 0; // what is skipped would be neither counted nor digested
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public void close() {
        // The body is its owner's to close.
    }
}
