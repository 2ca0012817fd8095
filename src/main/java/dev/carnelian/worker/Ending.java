package dev.carnelian.worker;

import org.jspecify.annotations.Nullable;

/** What became of the handler: a result, something it threw, or neither when it did not stop. */
record Ending(@Nullable Object result, @Nullable Throwable failure) {
    static final Ending NONE = new Ending(null, null);
}
