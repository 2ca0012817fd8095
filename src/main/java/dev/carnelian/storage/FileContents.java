package dev.carnelian.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where the bytes of files are kept. What is true of a file stands in its row; this knows bytes only. Thread-safe. */
interface FileContents {
    /**
     * A file that has no row any more.
     *
     * @param uploadId of an upload that was begun and has not ended, null if there is none
     */
    record Gone(UUID fileId, @Nullable String uploadId) {}

    /**
     * Keeps the bytes of a body, which it reads to its end. Memory stays the same whatever their number; what is left after
     * a failure goes with {@link #delete}.
     *
     * @param begun told of an upload that has to be ended there, should this node be lost before it does so
     * @throws IOException if the body cannot be read, or the bytes cannot be kept
     */
    void write(UUID file, InputStream body, Consumer<String> begun) throws IOException;

    /** The largest piece that is read at once; pieces begin at its multiples. */
    int pieceBytes();

    /**
     * Reads a piece, or a part of it.
     *
     * @return fewer bytes than asked for, or none, if the file is gone
     * @throws IOException if the bytes cannot be had now
     */
    byte[] read(StoredFile file, long from, int length) throws IOException;

    /**
     * Removes what there is of these files, complete or not.
     *
     * @throws IOException if not all of it is gone for sure
     */
    void delete(Collection<Gone> files) throws IOException;
}
