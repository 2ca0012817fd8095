package dev.carnelian.jobstore;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.quartz.JobDetail;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.Trigger.CompletedExecutionInstruction;
import org.quartz.core.JobRunShell;
import org.quartz.core.JobRunShellFactory;
import org.quartz.core.QuartzScheduler;
import org.quartz.spi.OperableTrigger;
import org.quartz.spi.TriggerFiredBundle;

/**
 * Quartz's run shells, except that every run ends. Quartz's own leaves a run in the store for as long as the node lives
 * when a listener throws (Quartz #1088): here it ends without having been executed, or as executed without an outcome.
 * A job that cannot be made on this node is left to the others, and a run that no thread has begun when the node stops or
 * loses its lease is handed back.
 */
public final class RunShells implements JobRunShellFactory {
    private final PostgresJobStore store;
    private @Nullable Scheduler scheduler;

    public RunShells(PostgresJobStore store) {
        this.store = store;
    }

    @Override
    public void initialize(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public JobRunShell createJobRunShell(TriggerFiredBundle bundle) {
        return new Shell(Objects.requireNonNull(scheduler, "initialize comes first"), bundle, store);
    }

    private static final class Shell extends JobRunShell {
        private final PostgresJobStore store;
        private boolean ended;

        Shell(Scheduler scheduler, TriggerFiredBundle bundle, PostgresJobStore store) {
            super(scheduler, bundle);
            this.store = store;
        }

        @Override
        public void initialize(QuartzScheduler quartz) throws SchedulerException {
            try {
                super.initialize(quartz);
                store.awaitsThread(firedTriggerBundle);
            } catch (SchedulerException e) {
                store.leaveToOthers(firedTriggerBundle.getJobDetail().getKey());
                throw e;
            }
        }

        /** Quartz tells the store right after this. */
        @Override
        protected void complete(boolean successfulExecution) {
            ended = successfulExecution;
        }

        @Override
        public void run() {
            OperableTrigger trigger = firedTriggerBundle.getTrigger();
            JobDetail job = firedTriggerBundle.getJobDetail();
            if (!store.begins(trigger)) {
                store.triggeredJobComplete(trigger, job, CompletedExecutionInstruction.SET_ALL_JOB_TRIGGERS_ERROR);
                return;
            }
            super.run();
            if (!ended) {
                store.triggeredJobComplete(trigger, job, trigger.executionComplete(jec, null));
            }
        }
    }
}
