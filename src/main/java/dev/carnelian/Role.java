package dev.carnelian;

import java.util.Locale;

/** What a process is for. */
enum Role {
    /** Serves the API and runs jobs. */
    SERVER,
    /** Only runs jobs. */
    WORKER;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
