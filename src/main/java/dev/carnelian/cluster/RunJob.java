package dev.carnelian.cluster;

import dev.carnelian.worker.JobRunner;
import org.quartz.Job;
import org.quartz.JobExecutionContext;
import org.quartz.spi.JobFactory;

/** The one Quartz job: it runs whichever of our jobs the trigger was made for. */
final class RunJob implements Job {
    private final RunHook hook;
    private final JobRunner runner;

    private RunJob(RunHook hook, JobRunner runner) {
        this.hook = hook;
        this.runner = runner;
    }

    static JobFactory factory(RunHook hook, JobRunner runner) {
        return (bundle, scheduler) -> new RunJob(hook, runner);
    }

    @Override
    public void execute(JobExecutionContext context) {
        // Without an outcome the job waits for another attempt.
        hook.take(context.getFireInstanceId()).flatMap(runner::run).ifPresent(context::setResult);
    }
}
