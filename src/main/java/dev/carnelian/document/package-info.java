/** The {@code document_processing} handler: text extraction in a JVM of its own, chunks, documents. */
@NullMarked
package dev.carnelian.document;

import org.jspecify.annotations.NullMarked;
