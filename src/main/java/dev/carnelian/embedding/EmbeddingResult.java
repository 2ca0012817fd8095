package dev.carnelian.embedding;

/**
 * The result of a {@code batch_embedding} job.
 *
 * @param embeddingsCreated chunks that got a vector by this job
 * @param skipped chunks that had one of the same model already
 * @param errors documents that were deleted or stored anew meanwhile, or have no text; the job's items say which
 * @param dimensions the length of each vector
 */
public record EmbeddingResult(
        long embeddingsCreated, long skipped, int errors, int dimensions, String model, String collection) {}
