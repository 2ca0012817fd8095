/** Files, streamed in and out of PostgreSQL or an S3 bucket. */
@NullMarked
package dev.carnelian.storage;

import org.jspecify.annotations.NullMarked;
