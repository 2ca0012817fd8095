/** Runs one attempt: handler, timeout, cancellation, progress, retry or finish. */
@NullMarked
package dev.carnelian.worker;

import org.jspecify.annotations.NullMarked;
