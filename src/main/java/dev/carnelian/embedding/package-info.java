/** The {@code batch_embedding} handler: a sentence model in this process, and the vectors of chunks. */
@NullMarked
package dev.carnelian.embedding;

import org.jspecify.annotations.NullMarked;
