package dev.carnelian.net;

/** A place that this service does not send requests to. Another attempt will not mend it. */
public final class BlockedTargetException extends RuntimeException {
    /** The name of this failure on the wire. */
    public static final String CODE = "blocked_target";

    BlockedTargetException(String message) {
        super(message);
    }

    public String code() {
        return CODE;
    }
}
