package dev.carnelian.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dropwizard.core.setup.Environment;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the errors that Jetty finds by itself, before or outside Jersey, into the envelope. The admin port keeps its own. */
final class EnvelopeErrors {
    private static final Logger LOG = LoggerFactory.getLogger(EnvelopeErrors.class);
    private static final String ADMIN_CONNECTOR = "admin";
    private static final String ALLOWED = "GET, HEAD, POST, PUT, PATCH, DELETE";

    private final ObjectMapper mapper;

    private EnvelopeErrors(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    static void install(Environment environment) {
        EnvelopeErrors errors = new EnvelopeErrors(environment.getObjectMapper());
        environment.getApplicationContext().insertHandler(new RequestIds());
        environment.getApplicationContext().setErrorHandler(errors.new InContext());
        // The server is built after the application has run, and with an error handler of Dropwizard's.
        environment.lifecycle().addEventListener(new LifeCycle.Listener() {
            @Override
            public void lifeCycleStarting(LifeCycle event) {
                if (event instanceof Server server) {
                    server.setErrorHandler(errors.new InServer(server.getErrorHandler()));
                }
            }
        });
    }

    /** Bad messages, which no handler ever sees, and what is thrown outside a context. */
    private final class InServer extends ErrorHandler {
        private final Request.Handler adminErrors;

        InServer(Request.Handler adminErrors) {
            this.adminErrors = adminErrors;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            if (ADMIN_CONNECTOR.equals(
                    request.getConnectionMetaData().getConnector().getName())) {
                return adminErrors.handle(request, response, callback);
            }
            byte[] body = prepare(request, response);
            response.write(true, ByteBuffer.wrap(body), callback);
            return true;
        }
    }

    /** Whatever calls {@code sendError}, and requests that no servlet takes. */
    private final class InContext extends org.eclipse.jetty.ee10.servlet.ErrorHandler {
        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            byte[] body = prepare(request, response);
            ServletContextRequest servlet = Request.asInContext(request, ServletContextRequest.class);
            if (servlet == null || servlet.getServletChannel().getCallback() == null) {
                response.write(true, ByteBuffer.wrap(body), callback);
                return true;
            }
            servlet.getHttpServletResponse().getOutputStream().write(body);
            servlet.getServletChannel().sendErrorResponseAndComplete();
            callback.succeeded();
            return true;
        }
    }

    private byte[] prepare(Request request, Response response) throws JsonProcessingException {
        int status = response.getStatus();
        if (request.getAttribute(ErrorHandler.ERROR_EXCEPTION) instanceof HttpException http) {
            status = http.getCode();
        }
        ErrorCode code = HttpErrors.codeOf(status);
        response.setStatus(code.status());
        String id = RequestIds.mark(request, response);
        if (code == ErrorCode.INTERNAL) {
            log(id, request.getAttribute(ErrorHandler.ERROR_EXCEPTION));
        }
        if (code == ErrorCode.METHOD_NOT_ALLOWED && !response.getHeaders().contains(HttpHeader.ALLOW)) {
            response.getHeaders().put(HttpHeader.ALLOW, ALLOWED);
        }
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        ErrorBody error = new ErrorBody(code.wireName(), HttpErrors.messageOf(code), List.of(), id);
        return mapper.writeValueAsBytes(Envelope.failure(error));
    }

    private static void log(String id, @Nullable Object cause) {
        if (cause instanceof EofException) {
            LOG.debug("the client of request {} did not wait for its answer", id);
        } else {
            LOG.error("the server could not answer request {}", id, cause instanceof Throwable thrown ? thrown : null);
        }
    }
}
