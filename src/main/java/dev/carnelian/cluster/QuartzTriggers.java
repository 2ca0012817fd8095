package dev.carnelian.cluster;

import dev.carnelian.job.JobId;
import dev.carnelian.job.TenantId;
import dev.carnelian.jobstore.OneShot;
import dev.carnelian.jobstore.PostgresJobStore;
import dev.carnelian.queue.Triggers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Makes a Quartz trigger for each pending job, on the connection and in the transaction of whoever stores the job. */
final class QuartzTriggers implements Triggers {
    private final PostgresJobStore store;

    QuartzTriggers(PostgresJobStore store) {
        this.store = store;
    }

    @Override
    public void schedule(Connection transaction, List<Planned> planned) throws SQLException {
        store.storeOneShots(
                transaction, planned.stream().map(QuartzTriggers::oneShot).toList());
    }

    private static OneShot oneShot(Planned planned) {
        return new OneShot(
                Names.trigger(planned.tenant(), planned.type(), planned.job()),
                Names.job(planned.type()),
                planned.runAt(),
                planned.priority(),
                Names.data(planned.job()));
    }

    @Override
    public void remove(Connection transaction, TenantId tenant, String type, JobId job) throws SQLException {
        store.removeUnclaimed(transaction, Names.trigger(tenant, type, job));
    }
}
