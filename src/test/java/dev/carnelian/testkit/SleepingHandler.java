package dev.carnelian.testkit;

import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;

/** Sleeps until it is told to stop. */
final class SleepingHandler implements JobHandler<SleepingHandler.Nothing, SleepingHandler.Nothing> {
    record Nothing() {}

    @Override
    public JobType<Nothing, Nothing> type() {
        return new JobType<>("sleep", "Sleeps", Nothing.class, Nothing.class, JobType.Limits.standard());
    }

    @Override
    public Nothing handle(Nothing input, JobContext context) throws InterruptedException {
        Thread.sleep(60_000);
        return input;
    }
}
