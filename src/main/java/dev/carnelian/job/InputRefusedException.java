package dev.carnelian.job;

/** Thrown by a handler's check to refuse a job whose input is well formed, but cannot be worked on. */
public final class InputRefusedException extends RuntimeException {
    private final String code;
    private final String field;

    /**
     * @param code stable snake_case, such as {@code blocked_target}
     * @param field the path of the field within the input, such as {@code startUrls[0]}
     * @param message one sentence for people
     */
    public InputRefusedException(String code, String field, String message) {
        super(message);
        this.code = code;
        this.field = field;
    }

    public String code() {
        return code;
    }

    public String field() {
        return field;
    }
}
