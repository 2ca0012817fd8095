package dev.carnelian.storage;

/** An upload went past its cap; nothing of it was kept. */
public final class FileTooLargeException extends RuntimeException {
    private final long maxBytes;

    FileTooLargeException(long maxBytes) {
        super("the file is larger than " + maxBytes + " bytes");
        this.maxBytes = maxBytes;
    }

    /** The cap that was passed. */
    public long maxBytes() {
        return maxBytes;
    }
}
