package dev.carnelian.api;

import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Refuses bodies that are too large, too slow, compressed, or not in UTF-8; reads none of a body itself. */
@Priority(Priorities.HEADER_DECORATOR)
final class BodyCheck implements ContainerRequestFilter {
    /** What is asked of the slowest client; Jetty's own limit knows no patience and refuses a small body that is delayed. */
    private static final long BYTES_A_SECOND = 64;

    private static final long PATIENCE_SECONDS = 5;

    private final long maxBytes;
    private final boolean json;

    private BodyCheck(long maxBytes, boolean json) {
        this.maxBytes = maxBytes;
        this.json = json;
    }

    static BodyCheck ofJson(long maxBytes) {
        return new BodyCheck(maxBytes, true);
    }

    static BodyCheck ofBytes(long maxBytes) {
        return new BodyCheck(maxBytes, false);
    }

    @Override
    public void filter(ContainerRequestContext request) throws IOException {
        String encoding = request.getHeaderString(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new ApiException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "a body must not have a Content-Encoding");
        }
        MediaType type = request.getMediaType();
        String charset = type == null ? null : type.getParameters().get(MediaType.CHARSET_PARAMETER);
        if (json && charset != null && !charset.equalsIgnoreCase("utf-8")) {
            throw new ApiException(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE, HttpErrors.messageOf(ErrorCode.UNSUPPORTED_MEDIA_TYPE));
        }
        if (declaredLength(request) > maxBytes) {
            throw tooLarge();
        }
        request.setEntityStream(new CheckedBody(request.getEntityStream()));
    }

    private static long declaredLength(ContainerRequestContext request) {
        String length = request.getHeaderString(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? 0 : Long.parseLong(length.strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private ApiException tooLarge() {
        return new ApiException(ErrorCode.PAYLOAD_TOO_LARGE, "the body may have at most %d bytes".formatted(maxBytes));
    }

    private final class CheckedBody extends FilterInputStream {
        private final long begun = System.nanoTime();
        private long count;

        CheckedBody(InputStream body) {
            super(body);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            int read = readOrRefuse(buffer, offset, length);
            count += Math.max(0, read);
            if (count > maxBytes) {
                throw tooLarge();
            }
            if (read > 0 && isTooSlow()) {
                throw refusal(ErrorCode.REQUEST_TIMEOUT);
            }
            // Valid JSON in UTF-8 has no zero byte; UTF-16 and UTF-32, which Jackson would detect and take, have.
            for (int i = 0; json && i < read; i++) {
                if (buffer[offset + i] == 0) {
                    throw new ApiException(ErrorCode.MALFORMED_JSON, "the body is not JSON in UTF-8");
                }
            }
            return read;
        }

        private boolean isTooSlow() {
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun);
            return seconds > PATIENCE_SECONDS && count < BYTES_A_SECOND * seconds;
        }

        private int readOrRefuse(byte[] buffer, int offset, int length) {
            try {
                return in.read(buffer, offset, length);
            } catch (IOException e) {
                if (e.getCause() instanceof TimeoutException) {
                    throw refusal(ErrorCode.REQUEST_TIMEOUT);
                }
                throw refusal(ErrorCode.BAD_REQUEST);
            }
        }

        @Override
        public long skip(long bytes) {
            throw new UnsupportedOperationException("would pass the limit by");
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        private ApiException refusal(ErrorCode code) {
            return new ApiException(code, HttpErrors.messageOf(code));
        }
    }
}
