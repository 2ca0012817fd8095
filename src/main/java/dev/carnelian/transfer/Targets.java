package dev.carnelian.transfer;

/** Which target an import has. */
final class Targets {
    private Targets() {}

    static Target of(ImportInput input, String tenant) {
        return switch (input.what()) {
            case DOCUMENTS -> new DocumentTarget(input, tenant);
            case CHUNKS -> new ChunkTarget(input, tenant);
            case EMBEDDINGS -> new EmbeddingTarget(input, tenant);
            case JOBS -> throw new IllegalArgumentException("jobs are not imported");
        };
    }
}
