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
    private final QuartzNode quartz;
    private final BooleanSupplier draining;

    private RunJob(RunHook hook, JobRunner runner, QuartzNode quartz, BooleanSupplier draining) {
        this.hook = hook;
        this.runner = runner;
        this.quartz = quartz;
        this.draining = draining;
    }

    static JobFactory factory(RunHook hook, JobRunner runner, QuartzNode quartz, BooleanSupplier draining) {
        return (bundle, scheduler) -> new RunJob(hook, runner, quartz, draining);
    }

    @Override
    public void execute(JobExecutionContext context) {
        // Without an outcome the job waits for another attempt: so with what was claimed just before a drain.
        if (draining.getAsBoolean()) {
            return;
        }
        hook.take(context.getFireInstanceId())
                .flatMap(claimed -> runner.run(claimed, quartz.leavingBehind(context)))
                .ifPresent(context::setResult);
    }
}
