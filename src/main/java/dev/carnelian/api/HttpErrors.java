package dev.carnelian.api;

/** What a bare HTTP status means where nothing better is known. */
final class HttpErrors {
    private HttpErrors() {}

    static ErrorCode codeOf(int status) {
        return switch (status) {
            case 401 -> ErrorCode.UNAUTHENTICATED;
            case 403 -> ErrorCode.INSUFFICIENT_SCOPE;
            case 404 -> ErrorCode.ROUTE_NOT_FOUND;
            case 405 -> ErrorCode.METHOD_NOT_ALLOWED;
            case 406 -> ErrorCode.NOT_ACCEPTABLE;
            case 408 -> ErrorCode.REQUEST_TIMEOUT;
            case 413 -> ErrorCode.PAYLOAD_TOO_LARGE;
            case 414 -> ErrorCode.URI_TOO_LONG;
            case 415 -> ErrorCode.UNSUPPORTED_MEDIA_TYPE;
            case 416 -> ErrorCode.RANGE_NOT_SATISFIABLE;
            case 417 -> ErrorCode.EXPECTATION_FAILED;
            case 422 -> ErrorCode.VALIDATION_FAILED;
            case 429 -> ErrorCode.RATE_LIMITED;
            case 431 -> ErrorCode.HEADERS_TOO_LARGE;
            case 501 -> ErrorCode.NOT_IMPLEMENTED;
            case 503 -> ErrorCode.UNAVAILABLE;
            case 505 -> ErrorCode.HTTP_VERSION_NOT_SUPPORTED;
            default -> status >= 400 && status < 500 ? ErrorCode.BAD_REQUEST : ErrorCode.INTERNAL;
        };
    }

    static String messageOf(ErrorCode code) {
        return switch (code) {
            case BAD_REQUEST -> "the request is not well-formed HTTP";
            case ROUTE_NOT_FOUND -> "there is no such route";
            case METHOD_NOT_ALLOWED -> "this route has no such method";
            case NOT_ACCEPTABLE -> "answers are application/json";
            case UNSUPPORTED_MEDIA_TYPE -> "the body must be application/json in UTF-8";
            case PAYLOAD_TOO_LARGE -> "the body is too large";
            case HEADERS_TOO_LARGE -> "the headers are too large";
            case URI_TOO_LONG -> "the URI is too long";
            case REQUEST_TIMEOUT -> "the request did not arrive in time";
            case INVALID_PARAMETER -> "a parameter has a value that is not taken";
            case INTERNAL -> "something went wrong here; the request id finds it in the log";
            case UNAVAILABLE -> "this node cannot answer now; try again";
            case DATABASE_UNAVAILABLE -> "the database cannot be asked now; try again";
            default -> code.wireName().replace('_', ' ');
        };
    }
}
