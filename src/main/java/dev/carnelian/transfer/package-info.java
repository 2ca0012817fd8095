/** The {@code export} and {@code import} handlers: documents, chunks and embeddings out to files and back. */
@NullMarked
package dev.carnelian.transfer;

import org.jspecify.annotations.NullMarked;
