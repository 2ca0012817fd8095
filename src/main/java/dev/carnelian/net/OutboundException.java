package dev.carnelian.net;

import org.jspecify.annotations.Nullable;

/** A request that got no usable answer. */
public final class OutboundException extends Exception {
    private final String code;
    private final boolean retryable;

    OutboundException(String code, String message, boolean retryable, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.retryable = retryable;
    }

    /**
     * One of {@code dns_failed}, {@code connect_failed}, {@code tls_failed}, {@code timed_out}, {@code too_large},
     * {@code too_many_redirects}, {@code bad_answer} and {@code connection_lost}.
     */
    public String code() {
        return code;
    }

    /** Whether the same request may have better luck later. */
    public boolean retryable() {
        return retryable;
    }

    /** One sentence for people, always there. */
    public String message() {
        return String.valueOf(getMessage());
    }
}
