package dev.carnelian.api;

import dev.carnelian.job.JobId;
import dev.carnelian.queue.Jobs;
import io.dropwizard.lifecycle.Managed;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests that wait for a job to end. None of them holds a thread: one thread of the node asks the database for all of
 * them together, and not at all while nobody waits. Thread-safe.
 */
public final class LongPolls implements Managed {
    private static final Logger LOG = LoggerFactory.getLogger(LongPolls.class);
    private static final long LOOK_EVERY_MS = 200;
    private static final int MOST_WAITING = 2_000;
    private static final int ANSWERING_THREADS = 4;

    private final Jobs jobs;
    private final Set<Waiting> all = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService looking =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "long-polls"));
    private final ExecutorService answering =
            Executors.newFixedThreadPool(ANSWERING_THREADS, task -> new Thread(task, "long-poll-answers"));

    public LongPolls(Jobs jobs) {
        this.jobs = jobs;
    }

    /** A request that waits; no two are equal. */
    private static final class Waiting {
        final JobId job;
        final long deadline;
        final Runnable answer;

        Waiting(JobId job, long deadline, Runnable answer) {
            this.job = job;
            this.deadline = deadline;
            this.answer = answer;
        }
    }

    /**
     * Runs the answer once the job has ended or the time is over.
     *
     * @return false when too many wait already, or the node stops: then the caller answers itself
     */
    boolean await(JobId job, Duration atMost, Runnable answer) {
        if (looking.isShutdown() || all.size() >= MOST_WAITING) {
            return false;
        }
        Waiting waiting = new Waiting(job, System.nanoTime() + atMost.toNanos(), answer);
        all.add(waiting);
        // A stop that came in between has not seen this one.
        return !looking.isShutdown() || !all.remove(waiting);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a look lets nothing escape
    public void start() {
        looking.scheduleWithFixedDelay(this::look, LOOK_EVERY_MS, LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
    }

    /** Answers everybody with what is known now. */
    @Override
    public void stop() throws InterruptedException {
        looking.shutdownNow();
        all.forEach(this::answer);
        answering.shutdown();
        answering.awaitTermination(5, TimeUnit.SECONDS);
    }

    private void look() {
        List<Waiting> waiting = List.copyOf(all);
        if (waiting.isEmpty()) {
            return;
        }
        Set<JobId> finished = finishedOf(waiting);
        long now = System.nanoTime();
        for (Waiting one : waiting) {
            if (finished.contains(one.job) || now - one.deadline >= 0) {
                answer(one);
            }
        }
    }

    private Set<JobId> finishedOf(List<Waiting> waiting) {
        try {
            return jobs.finishedAmong(
                    waiting.stream().map(one -> one.job).distinct().toList());
        } catch (RuntimeException e) {
            LOG.warn("could not look for finished jobs; waiting requests are answered when their time is over", e);
            return Set.of();
        }
    }

    private void answer(Waiting one) {
        if (all.remove(one)) {
            answering.execute(one.answer);
        }
    }
}
