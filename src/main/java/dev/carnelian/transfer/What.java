package dev.carnelian.transfer;

/** What a file holds, one to a row. */
public enum What {
    /** Documents with their chunks. */
    DOCUMENTS,
    /** Chunks, with the name of their document. */
    CHUNKS,
    /** Vectors, with the place of their chunk. */
    EMBEDDINGS,
    /** Jobs, without their input. Export only. */
    JOBS
}
