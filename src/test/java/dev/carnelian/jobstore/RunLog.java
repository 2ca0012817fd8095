package dev.carnelian.jobstore;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.PersistJobDataAfterExecution;

/** What ran where and when, on all nodes of a test; and what a run does. */
final class RunLog {
    /** Times are those of {@link System#currentTimeMillis}. */
    record Ran(String node, String trigger, String job, long scheduled, long from, long to, boolean recovering) {}

    interface Body {
        void run(JobExecutionContext context) throws Exception;
    }

    /** The jobs only carry the annotations: the log's own factory runs the body in place of each. */
    static class PlainJob implements Job {
        @Override
        public void execute(JobExecutionContext context) {
            throw new IllegalStateException("the test's job factory was not used");
        }
    }

    @DisallowConcurrentExecution
    static final class SerialJob extends PlainJob {}

    @DisallowConcurrentExecution
    @PersistJobDataAfterExecution
    static final class KeepingJob extends PlainJob {}

    private final List<Ran> done = new CopyOnWriteArrayList<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private volatile Body body = context -> {};

    void does(Body body) {
        this.body = body;
    }

    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    void run(String node, JobExecutionContext context) throws JobExecutionException {
        long from = System.currentTimeMillis();
        mostAtOnce.accumulateAndGet(running.incrementAndGet(), Math::max);
        try {
            body.run(context);
        } catch (JobExecutionException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new JobExecutionException(e);
        } finally {
            running.decrementAndGet();
            done.add(new Ran(
                    node,
                    context.getTrigger().getKey().getName(),
                    context.getJobDetail().getKey().getName(),
                    context.getScheduledFireTime().getTime(),
                    from,
                    System.currentTimeMillis(),
                    context.isRecovering()));
        }
    }

    /** The runs that ended, in the order in which they ended. */
    List<Ran> done() {
        return List.copyOf(done);
    }

    List<String> triggers() {
        return done.stream().map(Ran::trigger).collect(Collectors.toList());
    }

    int running() {
        return running.get();
    }

    int mostAtOnce() {
        return mostAtOnce.get();
    }

    void await(int number) {
        await(number, Duration.ofSeconds(20));
    }

    void await(int number, Duration atMost) {
        Awaitility.await(number + " runs")
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> done.size() >= number);
    }

    void awaitRunning(int number) {
        Awaitility.await(number + " running")
                .atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> running.get() == number);
    }
}
