package dev.carnelian.transfer;

import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.storage.StoredFile;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An opened file of rows: what it is, how far it is read, and its rows. */
final class ImportFile implements AutoCloseable {
    private static final int START = 512;
    private static final int TAR_MAGIC_AT = 257;

    private final StoredFile stored;
    private final CountedStream packed;
    private final Compression compression;
    private final Format format;
    private final Reader text;
    private final RowReader rows;

    /**
     * @param source closed with this, but not if this fails
     * @param stored what is known of it; its name may tell its format
     * @param most bytes that may be read of it after it is unpacked
     * @throws JobFailedException if it is something else than rows
     */
    ImportFile(InputStream source, StoredFile stored, ImportInput input, long most) throws IOException {
        this.stored = stored;
        this.packed = new CountedStream(source, Long.MAX_VALUE);
        BufferedInputStream start = new BufferedInputStream(packed, 64 * 1024);
        this.compression = compression(peek(start), input.compression());
        BufferedInputStream unpacked =
                new BufferedInputStream(new CountedStream(compression.unpack(start), most), 64 * 1024);
        byte[] head = peek(unpacked);
        refuseOther(head);
        this.format = input.format() == null ? format(stored.name(), head) : input.format();
        this.text = Utf8.reader(unpacked);
        this.rows = format == Format.JSONL
                ? new JsonLines(text)
                : new CsvRows(text, input.delimiterOrDefault(), input.isGuarded());
    }

    private static byte[] peek(BufferedInputStream in) throws IOException {
        in.mark(START);
        byte[] head = in.readNBytes(START);
        in.reset();
        return head;
    }

    private static Compression compression(byte[] head, @Nullable Compression given) {
        Compression found = Compression.NONE;
        if (startsWith(head, 0x1f, 0x8b)) {
            found = Compression.GZIP;
        } else if (startsWith(head, 0x28, 0xb5, 0x2f, 0xfd)) {
            found = Compression.ZSTD;
        }
        if (given != null && given != found) {
            throw refused("wrong_compression", "the file is not packed as the job says");
        }
        return found;
    }

    /** Refuses what people mistake for rows, or would have us unpack. */
    private static void refuseOther(byte[] head) {
        boolean tar = head.length > TAR_MAGIC_AT + 5
                && new String(head, TAR_MAGIC_AT, 5, StandardCharsets.ISO_8859_1).equals("ustar");
        if (tar
                || startsWith(head, 'P', 'K', 3, 4)
                || startsWith(head, 'P', 'K', 5, 6)
                || startsWith(head, 0x1f, 0x8b)
                || startsWith(head, 0x28, 0xb5, 0x2f, 0xfd)
                || startsWith(head, 'B', 'Z', 'h')
                || startsWith(head, 0xfd, '7', 'z', 'X', 'Z')
                || startsWith(head, '7', 'z', 0xbc, 0xaf)
                || startsWith(head, 'R', 'a', 'r', '!')) {
            throw refused(
                    "archive_refused", "archives are not read; import the file of rows itself, plain, gzip or zstd");
        }
        if (startsWith(head, 0xff, 0xfe) || startsWith(head, 0xfe, 0xff) || startsWith(head, 0, 0, 0xfe, 0xff)) {
            throw refused("unsupported_encoding", "the file is UTF-16 or UTF-32; only UTF-8 is read");
        }
    }

    private static Format format(String name, byte[] head) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.contains(".csv")) {
            return Format.CSV;
        }
        if (lower.contains(".jsonl") || lower.contains(".ndjson")) {
            return Format.JSONL;
        }
        String start =
                new String(head, StandardCharsets.UTF_8).replace("\uFEFF", "").strip();
        return start.startsWith("{") ? Format.JSONL : Format.CSV;
    }

    private static boolean startsWith(byte[] head, int... magic) {
        if (head.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((head[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    private static JobFailedException refused(String code, String message) {
        return new JobFailedException(JobFailure.permanent(code, message));
    }

    Compression compression() {
        return compression;
    }

    Format format() {
        return format;
    }

    RowReader rows() {
        return rows;
    }

    /** How many bytes it has as it is stored. */
    long bytes() {
        return stored.size();
    }

    /** How many of them have been read. */
    long bytesRead() {
        return packed.count();
    }

    @Override
    public void close() throws IOException {
        text.close();
    }
}
