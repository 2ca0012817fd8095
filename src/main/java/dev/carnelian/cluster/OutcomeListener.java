package dev.carnelian.cluster;

import dev.carnelian.jobstore.PostgresJobStore;
import dev.carnelian.queue.Outcome;
import org.jspecify.annotations.Nullable;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.JobListener;

/**
 * Carries what a run ended with to the store, which writes it in the transaction that ends the run. It does no I/O and
 * never throws: Quartz would leave the run unfinished for ever.
 */
final class OutcomeListener implements JobListener {
    private final PostgresJobStore store;

    OutcomeListener(PostgresJobStore store) {
        this.store = store;
    }

    @Override
    public String getName() {
        return "outcome";
    }

    @Override
    public void jobToBeExecuted(JobExecutionContext context) {}

    @Override
    public void jobExecutionVetoed(JobExecutionContext context) {}

    @Override
    public void jobWasExecuted(JobExecutionContext context, @Nullable JobExecutionException failure) {
        if (context.getResult() instanceof Outcome outcome) {
            store.recordOutcome(context.getFireInstanceId(), outcome);
        }
    }
}
