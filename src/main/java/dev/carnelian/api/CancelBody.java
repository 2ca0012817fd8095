package dev.carnelian.api;

import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;

/** The optional body of POST /jobs/{id}/cancel. */
record CancelBody(@Size(max = 500) @Nullable String reason) {
    static final CancelBody NOTHING = new CancelBody(null);
}
