package dev.carnelian.job;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The job types this jar knows, in the order they were given. Immutable. */
public final class JobTypes {
    private final Map<String, JobType<?, ?>> byName = new LinkedHashMap<>();

    /**
     * @throws IllegalArgumentException if two types have the same name
     */
    public JobTypes(Collection<? extends JobType<?, ?>> types) {
        for (JobType<?, ?> type : types) {
            if (byName.put(type.name(), type) != null) {
                throw new IllegalArgumentException("two job types are named " + type.name());
            }
        }
    }

    public Optional<JobType<?, ?>> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    public List<JobType<?, ?>> list() {
        return List.copyOf(byName.values());
    }
}
