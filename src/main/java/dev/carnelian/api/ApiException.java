package dev.carnelian.api;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request that cannot be answered as asked; becomes the error envelope. Has no stack trace: it is an answer, not a fault. */
public final class ApiException extends RuntimeException {
    private final ErrorCode code;
    private final transient List<FieldError> details;
    private final @Nullable Duration retryAfter;

    /**
     * @param message for the caller to read; never says what is inside
     */
    public ApiException(ErrorCode code, String message) {
        this(code, message, List.of(), null);
    }

    private ApiException(ErrorCode code, String message, List<FieldError> details, @Nullable Duration retryAfter) {
        super(message, null, false, false);
        this.code = code;
        this.details = List.copyOf(details);
        this.retryAfter = retryAfter;
    }

    /** The same with the fields at fault. */
    public ApiException withDetails(List<FieldError> fields) {
        return new ApiException(code, message(), fields, retryAfter);
    }

    /** The same with a {@code Retry-After}, rounded up to whole seconds. */
    public ApiException withRetryAfter(Duration wait) {
        return new ApiException(code, message(), details, wait);
    }

    public ErrorCode code() {
        return code;
    }

    public List<FieldError> details() {
        return details;
    }

    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** The message, which this exception always has. */
    public String message() {
        return String.valueOf(getMessage());
    }
}
