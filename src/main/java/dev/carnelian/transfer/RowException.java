package dev.carnelian.transfer;

/** One row cannot be imported. */
final class RowException extends Exception {
    private final String code;

    RowException(String code, String message) {
        super(message);
        this.code = code;
    }

    /** Stable snake_case. */
    String code() {
        return code;
    }

    /** One sentence for people. */
    String message() {
        return String.valueOf(getMessage());
    }
}
