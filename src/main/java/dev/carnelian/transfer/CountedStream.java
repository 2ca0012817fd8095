package dev.carnelian.transfer;

import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Counts what is read, and reads no more than it may. */
final class CountedStream extends FilterInputStream {
    private final long most;
    private long count;

    CountedStream(InputStream in, long most) {
        super(in);
        this.most = most;
    }

    long count() {
        return count;
    }

    @Override
    public int read() throws IOException {
        int next = in.read();
        if (next >= 0) {
            add(1);
        }
        return next;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = in.read(target, offset, length);
        if (read > 0) {
            add(read);
        }
        return read;
    }

    private void add(int read) {
        count += read;
        if (count > most) {
            throw new JobFailedException(JobFailure.permanent(
                    "import_too_large", "the file has more than " + most + " bytes when it is unpacked"));
        }
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
