package dev.carnelian;

import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handlers that users wrote: what the class path offers by {@link ServiceLoader}. */
final class OwnHandlers {
    private static final Logger LOG = LoggerFactory.getLogger(OwnHandlers.class);

    private OwnHandlers() {}

    /**
     * Loads them, in the order of the class path.
     *
     * @throws IllegalStateException if one of them cannot be loaded or is not as a handler has to be; the message is for
     *     the user to read
     */
    static List<JobHandler<?, ?>> load(ClassLoader loader) {
        List<JobHandler<?, ?>> handlers = new ArrayList<>();
        try {
            for (JobHandler<?, ?> handler : ServiceLoader.load(JobHandler.class, loader)) {
                check(handler);
                handlers.add(handler);
                LOG.info(
                        "jobs of type {} are run by {}",
                        handler.type().name(),
                        handler.getClass().getName());
            }
        } catch (ServiceConfigurationError | LinkageError e) {
            throw new IllegalStateException("a job type on the class path cannot be loaded: " + messageOf(e), e);
        }
        return handlers;
    }

    private static void check(JobHandler<?, ?> handler) {
        JobType<?, ?> type;
        try {
            type = handler.type();
        } catch (RuntimeException e) {
            throw wrong(handler, "its type() throws " + e);
        }
        if (type == null || !type.equals(handler.type())) {
            throw wrong(handler, "its type() must give the same value each time");
        }
        if (!type.input().isRecord() || !type.result().isRecord()) {
            throw wrong(handler, "the input and the result of a job type must be records");
        }
    }

    private static IllegalStateException wrong(JobHandler<?, ?> handler, String why) {
        return new IllegalStateException("the job type of " + handler.getClass().getName() + " cannot be used: " + why);
    }

    private static String messageOf(Throwable failure) {
        String message = String.valueOf(failure.getMessage()).replace(JobHandler.class.getName() + ": ", "");
        Throwable cause = failure.getCause();
        return cause == null ? message : message + ": " + cause;
    }
}
