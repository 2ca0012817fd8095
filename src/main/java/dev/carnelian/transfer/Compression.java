package dev.carnelian.transfer;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** How a file is packed. */
public enum Compression {
    NONE(""),
    GZIP(".gz"),
    ZSTD(".zst");

    private static final int BUFFER = 64 * 1024;
    /** 8 MiB, which RFC 8878 asks every reader to grant; a file may ask for gigabytes. */
    private static final int MAX_WINDOW_LOG = 23;

    private final String extension;

    Compression(String extension) {
        this.extension = extension;
    }

    String extension() {
        return extension;
    }

    String mediaType(Format format) {
        return switch (this) {
            case NONE -> format.mediaType();
            case GZIP -> "application/gzip";
            case ZSTD -> "application/zstd";
        };
    }

    OutputStream pack(OutputStream target) throws IOException {
        return switch (this) {
            case NONE -> target;
            case GZIP -> new GZIPOutputStream(target, BUFFER);
            case ZSTD -> new ZstdOutputStream(target).setChecksum(true);
        };
    }

    InputStream unpack(InputStream source) throws IOException {
        return switch (this) {
            case NONE -> source;
            case GZIP -> new GZIPInputStream(source, BUFFER);
            case ZSTD -> new ZstdInputStream(source).setLongMax(MAX_WINDOW_LOG);
        };
    }
}
