package dev.carnelian.net;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Throws as soon as there is more to read than allowed. */
final class CappedInputStream extends FilterInputStream {
    private final long maxBytes;
    private long count;

    CappedInputStream(InputStream in, long maxBytes) {
        super(in);
        this.maxBytes = maxBytes;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = in.read(buffer, offset, length);
        count += Math.max(0, read);
        if (count > maxBytes) {
            throw new TooLargeException(maxBytes);
        }
        return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
        byte[] skipped = new byte[(int) Math.min(8_192, Math.max(0, bytes))];
        return Math.max(0, read(skipped, 0, skipped.length));
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
