package dev.carnelian.jobstore;

import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.quartz.SchedulerConfigException;
import org.quartz.spi.ThreadPool;

/**
 * Threads for Quartz's jobs that make large claims possible.
 *
 * <p>Quartz claims as many triggers as it is told that threads are free, and asks as soon as one is: under load it would
 * claim one at a time. This pool waits a moment until several are free, and while runs are short it takes more than it has
 * threads for, as many as they will have done within {@link #PREFETCH_NANOS}; long runs are never claimed ahead of their
 * thread, as another node may have one free. Unlike Quartz's own pool it does not wait without end when it stops, and
 * leaves runs that have not begun to whoever releases them. A thread that does not come back can be replaced.
 */
public final class BatchThreadPool implements ThreadPool {
    private static final long PREFETCH_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
    private static final int MOST_PREFETCHED = 500;
    private static final long LINGER_MILLIS = 2;
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
    private static final long POLL_MILLIS = 100;
    private static final ThreadLocal<Turn> CURRENT = new ThreadLocal<>();

    private final AtomicInteger number = new AtomicInteger();
    private final AtomicInteger taken = new AtomicInteger();
    // The mean of the last runs, in nanoseconds; long at first, so that nothing is claimed ahead before one has ended.
    private final AtomicLong meanNanos = new AtomicLong(PREFETCH_NANOS);
    private final Object freed = new Object();
    private volatile long lastEnd = System.nanoTime();
    // Whoever waits for threads wants to know when so few runs are left; nobody waits below zero.
    private volatile int wakeAt = -1;
    private int threadCount = 10;
    private long stopWaitMillis = 10_000;
    private @Nullable ThreadPoolExecutor threads;
    private volatile boolean stopping;

    public BatchThreadPool() {}

    public BatchThreadPool(int threadCount) {
        setThreadCount(threadCount);
    }

    /** How many runs at once; 10 unless set. */
    public void setThreadCount(int threadCount) {
        this.threadCount = threadCount;
    }

    /** How long a shutdown waits for the runs that have begun; 10,000 unless set. */
    public void setStopWaitMillis(long stopWaitMillis) {
        this.stopWaitMillis = stopWaitMillis;
    }

    @Override
    public void initialize() throws SchedulerConfigException {
        if (threadCount < 1) {
            throw new SchedulerConfigException("threadCount must be at least 1, not " + threadCount);
        }
        ThreadFactory factory = task -> {
            Thread thread = new Thread(task, "worker-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        // The queue is bounded by what blockForAvailableThreads lets Quartz claim.
        threads = new ThreadPoolExecutor(
                threadCount, threadCount, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), factory);
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public boolean runInThread(Runnable task) {
        if (stopping || threads == null) {
            return false;
        }
        taken.incrementAndGet();
        threads.execute(new Turn(task));
        return true;
    }

    /** What the calling thread, one of a pool's, does now. */
    public static Turn turn() {
        return Objects.requireNonNull(CURRENT.get(), "not a thread of this pool");
    }

    /** One task's time on a thread. */
    public final class Turn implements Runnable {
        private final Runnable task;
        private final AtomicBoolean over = new AtomicBoolean();

        private Turn(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            long begun = System.nanoTime();
            CURRENT.set(this);
            try {
                if (!stopping) {
                    task.run();
                }
            } finally {
                CURRENT.remove();
                if (over.compareAndSet(false, true)) {
                    long took = System.nanoTime() - begun;
                    meanNanos.updateAndGet(mean -> mean + (took - mean) / 16);
                    lastEnd = System.nanoTime();
                    free();
                } else {
                    resize(-1);
                }
            }
        }

        /** Gives the thread up for as long as the task keeps it; another one takes its place. Too late is harmless. */
        public void leaveBehind() {
            if (over.compareAndSet(false, true)) {
                resize(1);
                free();
            }
        }
    }

    private void free() {
        if (taken.decrementAndGet() <= wakeAt || stopping) {
            synchronized (freed) {
                freed.notifyAll();
            }
        }
    }

    private synchronized void resize(int change) {
        ThreadPoolExecutor pool = Objects.requireNonNull(threads);
        int size = pool.getCorePoolSize() + change;
        if (change > 0) {
            pool.setMaximumPoolSize(size);
        }
        pool.setCorePoolSize(size);
        pool.setMaximumPoolSize(size);
    }

    /** As many as there are threads, and more while runs are short: not when none has ended for a while. */
    private int capacity() {
        if (taken.get() >= threadCount && System.nanoTime() - lastEnd > PREFETCH_NANOS) {
            return threadCount;
        }
        long runs = (long) threadCount * PREFETCH_NANOS / Math.max(1_000, meanNanos.get());
        return threadCount + (int) Math.min(MOST_PREFETCHED, Math.max(0, runs - threadCount));
    }

    /**
     * Waits until half of what may be claimed is free: fewer are returned once a thread has idled for a moment, as it
     * then waits for the rest of them in vain.
     */
    @Override
    public int blockForAvailableThreads() {
        synchronized (freed) {
            try {
                long lingerUntil = 0;
                while (!stopping) {
                    int capacity = capacity();
                    // Set before the runs are counted, so that an end between the two is not missed.
                    wakeAt = Math.max(capacity / 2, threadCount - 1);
                    int left = taken.get();
                    boolean idle = left < threadCount;
                    long now = System.nanoTime();
                    lingerUntil = idle && lingerUntil == 0 ? now + LINGER_NANOS : lingerUntil;
                    if (left <= capacity / 2 || (idle && now >= lingerUntil)) {
                        return capacity - left;
                    }
                    freed.wait(idle ? LINGER_MILLIS : POLL_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                wakeAt = -1;
            }
        }
        return 0;
    }

    @Override
    public void shutdown(boolean waitForJobs) {
        stopping = true;
        if (threads == null) {
            return;
        }
        threads.shutdown();
        if (waitForJobs) {
            awaitRuns();
        }
    }

    private void awaitRuns() {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(stopWaitMillis);
        synchronized (freed) {
            try {
                for (long left = stopWaitMillis; taken.get() > 0 && left > 0; ) {
                    freed.wait(left);
                    left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public int getPoolSize() {
        return threadCount;
    }

    @Override
    public void setInstanceId(String instanceId) {}

    @Override
    public void setInstanceName(String instanceName) {}
}
