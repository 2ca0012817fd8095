package dev.carnelian.api;

import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.MDC;

/**
 * Gives each request its id: the client's own when it is 1 to 64 of {@code A-Za-z0-9._-}, else a new one. It stands in
 * the answer and, as {@code request_id}, in every log line of the thread that serves the request.
 */
final class RequestIds extends Handler.Wrapper {
    static final String HEADER = "X-Request-Id";
    static final String MDC_KEY = "request_id";

    private static final String ATTRIBUTE = RequestIds.class.getName();
    private static final Pattern TAKEN = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        String id = mark(request, response);
        MDC.put(MDC_KEY, id);
        try {
            return super.handle(request, response, callback);
        } finally {
            MDC.remove(MDC_KEY);
        }
    }

    /** The task for another thread, whose log lines and errors are to carry the id of the request that this one serves. */
    static Runnable keeping(Runnable task) {
        String id = MDC.get(MDC_KEY);
        return () -> {
            MDC.put(MDC_KEY, id);
            try {
                task.run();
            } finally {
                MDC.remove(MDC_KEY);
            }
        };
    }

    /** Puts the headers that every answer has, also where no handler was reached; a request keeps its first id. */
    static String mark(Request request, Response response) {
        String id = idOf(request);
        request.setAttribute(ATTRIBUTE, id);
        response.getHeaders().put(HEADER, id);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        return id;
    }

    private static String idOf(Request request) {
        if (request.getAttribute(ATTRIBUTE) instanceof String id) {
            return id;
        }
        String wanted = request.getHeaders().get(HEADER);
        return wanted != null && TAKEN.matcher(wanted).matches()
                ? wanted
                : UUID.randomUUID().toString();
    }
}
