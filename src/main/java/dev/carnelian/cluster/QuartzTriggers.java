package dev.carnelian.cluster;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import dev.carnelian.jobstore.OneShot;
import dev.carnelian.jobstore.PostgresJobStore;
import dev.carnelian.queue.Triggers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/** Makes a Quartz trigger for each pending job, on the connection and in the transaction of whoever stores the job. */
final class QuartzTriggers implements Triggers {
    private final PostgresJobStore store;

    QuartzTriggers(PostgresJobStore store) {
        this.store = store;
    }

    @Override
    public Instant schedule(Connection connection, Insert jobs, List<Planned> planned) throws SQLException {
        return store.storeOneShots(connection, oneShots(planned), jobs.sql(), jobs.parameters());
    }

    @Override
    public void schedule(Connection transaction, List<Planned> planned) throws SQLException {
        store.storeOneShots(transaction, oneShots(planned));
    }

    private static List<OneShot> oneShots(List<Planned> planned) {
        return planned.stream().map(QuartzTriggers::oneShot).toList();
    }

    private static OneShot oneShot(Planned planned) {
        return new OneShot(
                Names.trigger(planned.tenant(), planned.type(), planned.job()),
                Names.job(planned.type()),
                planned.runAt(),
                planned.delay(),
                planned.priority(),
                Names.data(planned.job()));
    }

    @Override
    public void remove(Connection transaction, TenantId tenant, String type, JobId job) throws SQLException {
        store.removeUnclaimed(transaction, Names.trigger(tenant, type, job));
    }
}
