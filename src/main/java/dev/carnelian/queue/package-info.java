/** The life of a job from enqueued to final, and the only writer of {@code jobs} and its attempts, progress, items and logs. */
@NullMarked
package dev.carnelian.queue;

import org.jspecify.annotations.NullMarked;
