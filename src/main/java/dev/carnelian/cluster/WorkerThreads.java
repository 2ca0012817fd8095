package dev.carnelian.cluster;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.quartz.spi.ThreadPool;

/** The threads Quartz runs jobs on. Unlike Quartz's own pool it does not wait for them without end when it stops. */
final class WorkerThreads implements ThreadPool {
    private static final long POLL_MILLIS = 200;

    private final int size;
    private final Duration stopWait;
    private final Semaphore free;
    private final AtomicInteger number = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool(this::thread);
    private volatile boolean stopping;

    /**
     * @param stopWait how long a shutdown waits for the last runs to be written
     */
    WorkerThreads(int size, Duration stopWait) {
        this.size = size;
        this.stopWait = stopWait;
        this.free = new Semaphore(size);
    }

    private Thread thread(Runnable task) {
        Thread thread = new Thread(task, "worker-" + number.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public boolean runInThread(Runnable task) {
        if (stopping || !free.tryAcquire()) {
            return false;
        }
        threads.execute(() -> {
            try {
                task.run();
            } finally {
                free.release();
            }
        });
        return true;
    }

    @Override
    public int blockForAvailableThreads() {
        try {
            while (!stopping) {
                if (free.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                    free.release();
                    return Math.max(1, free.availablePermits());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    @Override
    public void shutdown(boolean waitForJobs) {
        stopping = true;
        threads.shutdown();
        if (waitForJobs) {
            try {
                var unused = threads.awaitTermination(stopWait.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public int getPoolSize() {
        return size;
    }

    @Override
    public void initialize() {}

    @Override
    public void setInstanceId(String instanceId) {}

    @Override
    public void setInstanceName(String instanceName) {}
}
