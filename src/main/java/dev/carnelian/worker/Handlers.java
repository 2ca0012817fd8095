package dev.carnelian.worker;

import dev.carnelian.job.InputCheck;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobTypes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The handlers of this node, by the name of the type they serve. Immutable. */
public final class Handlers implements InputCheck {
    private final Map<String, JobHandler<?, ?>> byType = new LinkedHashMap<>();

    /**
     * @throws IllegalArgumentException if two handlers serve the same type
     */
    public Handlers(Collection<? extends JobHandler<?, ?>> handlers) {
        for (JobHandler<?, ?> handler : handlers) {
            JobHandler<?, ?> other = byType.put(handler.type().name(), handler);
            if (other != null) {
                throw new IllegalArgumentException("two handlers serve the job type "
                        + handler.type().name() + ": " + other.getClass().getName() + " and "
                        + handler.getClass().getName());
            }
        }
    }

    Optional<JobHandler<?, ?>> find(String type) {
        return Optional.ofNullable(byType.get(type));
    }

    @Override
    public void check(JobType<?, ?> type, Object input) {
        find(type.name()).ifPresent(handler -> check(handler, input));
    }

    private static <I> void check(JobHandler<I, ?> handler, Object input) {
        handler.check(handler.type().input().cast(input));
    }

    /** The types that have a handler here. */
    public JobTypes types() {
        return new JobTypes(
                byType.values().stream().<JobType<?, ?>>map(JobHandler::type).toList());
    }
}
