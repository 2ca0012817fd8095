package dev.carnelian.api;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The stable names of everything that can be wrong with a request, each with its HTTP status. */
public enum ErrorCode {
    BAD_REQUEST(400),
    MALFORMED_JSON(400),
    INVALID_PARAMETER(400),
    CURSOR_MISMATCH(400),
    IDEMPOTENCY_KEY_INVALID(400),
    UNAUTHENTICATED(401),
    API_KEY_EXPIRED(401),
    API_KEY_REVOKED(401),
    INSUFFICIENT_SCOPE(403),
    ROUTE_NOT_FOUND(404),
    JOB_NOT_FOUND(404),
    JOB_TYPE_NOT_FOUND(404),
    FILE_NOT_FOUND(404),
    RUN_NOT_FOUND(404),
    JOB_EXPIRED(410),
    METHOD_NOT_ALLOWED(405),
    NOT_ACCEPTABLE(406),
    REQUEST_TIMEOUT(408),
    JOB_NOT_RERUNNABLE(409),
    JOB_NOT_CANCELLABLE(409),
    JOB_ACTIVE(409),
    UNIQUE_CONFLICT(409),
    IDEMPOTENCY_IN_PROGRESS(409),
    LEASE_LOST(409),
    VERSION_MISMATCH(412),
    PAYLOAD_TOO_LARGE(413),
    URI_TOO_LONG(414),
    UNSUPPORTED_MEDIA_TYPE(415),
    RANGE_NOT_SATISFIABLE(416),
    EXPECTATION_FAILED(417),
    VALIDATION_FAILED(422),
    UNKNOWN_JOB_TYPE(422),
    INVALID_CRON(422),
    INVALID_TIME_ZONE(422),
    IDEMPOTENCY_KEY_REUSED(422),
    BLOCKED_TARGET(422),
    PRECONDITION_REQUIRED(428),
    RATE_LIMITED(429),
    QUOTA_EXCEEDED(429),
    HEADERS_TOO_LARGE(431),
    INTERNAL(500),
    NOT_IMPLEMENTED(501),
    DATABASE_UNAVAILABLE(503),
    DRAINING(503),
    UNAVAILABLE(503),
    HTTP_VERSION_NOT_SUPPORTED(505);

    private final int status;

    ErrorCode(int status) {
        this.status = status;
    }

    /** The code with this name. */
    static Optional<ErrorCode> ofWireName(String name) {
        return Arrays.stream(values())
                .filter(code -> code.wireName().equals(name))
                .findFirst();
    }

    /** The HTTP status of an answer with this code. */
    public int status() {
        return status;
    }

    /** The name on the wire, as in {@code job_not_found}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
