package dev.carnelian.cluster;

import dev.carnelian.worker.JobRunner;
import java.util.function.BooleanSupplier;
import org.quartz.Job;
import org.quartz.JobExecutionContext;
import org.quartz.spi.JobFactory;

/** The one Quartz job: it runs whichever of our jobs the trigger was made for. */
final class RunJob implements Job {
    private final RunHook hook;
    private final JobRunner runner;

    private final BooleanSupplier draining;

    private RunJob(RunHook hook, JobRunner runner, BooleanSupplier draining) {
        this.hook = hook;
        this.runner = runner;
        this.draining = draining;
    }

    static JobFactory factory(RunHook hook, JobRunner runner, BooleanSupplier draining) {
        return (bundle, scheduler) -> new RunJob(hook, runner, draining);
    }

    @Override
    public void execute(JobExecutionContext context) {
        // Without an outcome the job waits for another attempt: so with what was claimed just before a drain.
        if (draining.getAsBoolean()) {
            return;
        }
        hook.take(context.getFireInstanceId()).flatMap(runner::run).ifPresent(context::setResult);
    }
}
