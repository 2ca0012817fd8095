package dev.carnelian;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the log of commands that speak to a person down to warnings. */
final class Quiet {
    private Quiet() {}

    /** Unless CARNELIAN_LOG_LEVEL says how much to log. */
    static void unlessAskedOtherwise() {
        if (System.getenv("CARNELIAN_LOG_LEVEL") == null
                && LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.WARN);
        }
    }
}
