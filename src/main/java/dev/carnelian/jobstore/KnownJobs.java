package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.JobPersistenceException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The jobs of one-shots, each read once. One that cannot be run on this node is left to others. Thread-safe. */
final class KnownJobs {
    private static final Logger LOG = LoggerFactory.getLogger(KnownJobs.class);

    /** Loads a job as Quartz does. */
    interface Source {
        @Nullable
        JobDetail load(Connection connection, JobKey key) throws JobPersistenceException;
    }

    private final Source source;
    private final Skipped skipped;
    private final Map<JobKey, JobDetail> known = new ConcurrentHashMap<>();

    KnownJobs(Source source, Skipped skipped) {
        this.source = source;
        this.skipped = skipped;
    }

    /**
     * A copy of the job, or nothing if this node cannot run it, which then skips it for a while.
     *
     * @throws JobPersistenceException if the database could not be asked, which says nothing of the job
     */
    Optional<JobDetail> find(Connection connection, JobKey key) throws JobPersistenceException {
        JobDetail job = known.get(key);
        if (job == null) {
            try {
                job = source.load(connection, key);
            } catch (JobPersistenceException e) {
                if (e.getCause() instanceof SQLException) {
                    throw e;
                }
                LOG.warn("job {} cannot be run on this node and is left to others: {}", key, e.getMessage());
            }
            if (job == null) {
                skipped.add(key);
                return Optional.empty();
            }
            known.put(key, job);
        }
        return Optional.of((JobDetail) job.clone());
    }

    /** The names of those that are left to others for now. */
    Set<String> skipped() {
        return skipped.jobs().stream().map(JobKey::getName).collect(Collectors.toSet());
    }
}
