package dev.carnelian.bench;

import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;

/** Does nothing, and says so in a result, which is kept like any other. */
final class NoOpHandler implements JobHandler<NoOpHandler.Input, NoOpHandler.Result> {
    static final JobType<Input, Result> TYPE = new JobType<>(
            "no_op", "Does nothing; for the benchmark.", Input.class, Result.class, JobType.Limits.standard());

    record Input(int number) {}

    record Result(int number) {}

    private final RunLog log;

    NoOpHandler(RunLog log) {
        this.log = log;
    }

    @Override
    public JobType<Input, Result> type() {
        return TYPE;
    }

    @Override
    public Result handle(Input input, JobContext context) {
        log.ran(context.jobId().toString());
        return new Result(input.number());
    }
}
