package dev.carnelian.embedding;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

/**
 * The {@code embeddings} section of config.yml. Defaults are written there, never here.
 *
 * @param threads texts that are embedded at the same time by all jobs of this node together; 0 for as many as the machine
 *     has processors
 */
public record EmbeddingConfiguration(@Min(0) @Max(256) int threads) {
    /** The number of threads on this machine. */
    public int threadsHere() {
        return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    }
}
