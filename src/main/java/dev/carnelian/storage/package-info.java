/** Files, streamed in and out of PostgreSQL. */
@NullMarked
package dev.carnelian.storage;

import org.jspecify.annotations.NullMarked;
