package dev.carnelian.api;

import dev.carnelian.job.JobId;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The query parameters of a request, each given at most once; what cannot be read is a 400 that names it. */
final class Query {
    private final MultivaluedMap<String, String> parameters;

    Query(UriInfo uri) {
        parameters = uri.getQueryParameters();
    }

    boolean has(String name) {
        return parameters.containsKey(name);
    }

    Optional<String> text(String name) {
        List<String> values = parameters.getOrDefault(name, List.of());
        if (values.size() > 1) {
            throw invalid(name, "is given more than once");
        }
        return values.stream().findFirst();
    }

    int integer(String name, int standard, int min, int max) {
        return text(name)
                .map(value -> {
                    int number = value.matches("-?\\d{1,9}") ? Integer.parseInt(value) : min - 1;
                    if (number < min || number > max) {
                        throw invalid(name, "must be an integer from %d to %d".formatted(min, max));
                    }
                    return number;
                })
                .orElse(standard);
    }

    boolean flag(String name) {
        return text(name)
                .map(value -> switch (value) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw invalid(name, "must be true or false");
                })
                .orElse(false);
    }

    @Nullable
    Instant time(String name) {
        // A plus sign in a query is a space unless it is escaped, and few escape it.
        return text(name)
                .map(value -> Rfc3339.parse(value.replace(' ', '+'))
                        .orElseThrow(() -> invalid(name, "must be a time of RFC 3339")))
                .orElse(null);
    }

    @Nullable
    JobId jobId(String name) {
        return text(name)
                .map(value -> JobId.parse(value).orElseThrow(() -> invalid(name, "must be the id of a job")))
                .orElse(null);
    }

    /** The parameters whose names begin so, without that beginning. */
    Map<String, String> startingWith(String prefix) {
        Map<String, String> found = new TreeMap<>();
        for (String name : parameters.keySet()) {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), text(name).orElseThrow());
            }
        }
        return found;
    }

    static ApiException invalid(String name, String message) {
        return new ApiException(ErrorCode.INVALID_PARAMETER, name + " " + message)
                .withDetails(List.of(new FieldError(name, message)));
    }
}
