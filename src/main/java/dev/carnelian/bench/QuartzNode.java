package dev.carnelian.bench;

import java.util.Properties;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.impl.StdSchedulerFactory;

/** A Quartz scheduler as its users make one, from properties. */
final class QuartzNode implements Node {
    private final Scheduler scheduler;

    /** What Quartz's tables name as the job's class; each node brings its own instance. */
    static final class NoOpJob implements Job {
        @Override
        public void execute(JobExecutionContext context) {}
    }

    QuartzNode(Properties properties, RunLog log) {
        try {
            scheduler = new StdSchedulerFactory(properties).getScheduler();
            scheduler.setJobFactory((bundle, of) ->
                    context -> log.ran(context.getTrigger().getKey().getName()));
            scheduler.addJob(
                    JobBuilder.newJob(NoOpJob.class)
                            .withIdentity(QuartzContender.JOB)
                            .storeDurably()
                            .requestRecovery()
                            .build(),
                    true);
            scheduler.start();
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz did not start", e);
        }
    }

    @Override
    public void pause() {
        call(Scheduler::standby);
    }

    @Override
    public void resume() {
        call(Scheduler::start);
    }

    @Override
    public void close() {
        call(running -> running.shutdown(true));
    }

    private interface Order {
        void to(Scheduler scheduler) throws SchedulerException;
    }

    private void call(Order order) {
        try {
            order.to(scheduler);
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz does not do as it is told", e);
        }
    }
}
