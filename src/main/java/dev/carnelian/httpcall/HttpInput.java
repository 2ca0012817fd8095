package dev.carnelian.httpcall;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The input of an {@code http} job.
 *
 * @param url the endpoint, http or https
 * @param method {@code POST} unless it is given
 * @param headers sent with the request; what looks like a secret is not shown when the job is
 * @param body sent as text if it is a text, else as JSON; not with {@code GET} and {@code HEAD}
 * @param expectedStatuses the statuses of a success, every 2xx unless they are given; a 202 that is not named here means
 *     that the endpoint reports later
 * @param timeoutSeconds the longest wait for the answer, 60 unless it is given, at most what is left of the attempt
 * @param deadlineSeconds the longest wait for the last report after a 202, at most what is left of the attempt
 */
public record HttpInput(
        @NotNull @Size(min = 1, max = 2_048) String url,

        @Nullable
        @Pattern(regexp = "GET|HEAD|POST|PUT|PATCH|DELETE", message = "must be GET, HEAD, POST, PUT, PATCH or DELETE")
        String method,

        @Nullable @Size(max = 50)
        Map<
                        @Pattern(regexp = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", message = "must have names of headers")
                        String,
                        @NotNull
                        @Pattern(regexp = "[\\t -~]{0,4096}", message = "must be up to 4,096 visible ASCII characters")
                        String>
                headers,

        @Nullable JsonNode body,
        @Nullable @Size(min = 1, max = 50) List<@NotNull @Min(200) @Max(599) Integer> expectedStatuses,
        @Nullable @Min(1) @Max(3_600) Integer timeoutSeconds,
        @Nullable @Min(1) @Max(86_400) Integer deadlineSeconds) {
    private static final int DEFAULT_TIMEOUT = 60;
    private static final int ACCEPTED = 202;

    String methodOrDefault() {
        return method == null ? "POST" : method;
    }

    Map<String, String> headersOrNone() {
        return headers == null ? Map.of() : headers;
    }

    /** Whether there is something to send. */
    boolean hasBody() {
        return body != null && !body.isNull() && !body.isMissingNode();
    }

    boolean takesNoBody() {
        return methodOrDefault().equals("GET") || methodOrDefault().equals("HEAD");
    }

    int timeoutOrDefault() {
        return timeoutSeconds == null ? DEFAULT_TIMEOUT : timeoutSeconds;
    }

    /** Whether an answer with this status says that reports will follow. */
    boolean promisesReports(int status) {
        return status == ACCEPTED && (expectedStatuses == null || !expectedStatuses.contains(ACCEPTED));
    }

    boolean expects(int status) {
        return expectedStatuses == null ? status / 100 == 2 : expectedStatuses.contains(status);
    }
}
