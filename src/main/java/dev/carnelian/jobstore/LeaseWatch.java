package dev.carnelian.jobstore;

/** Notices, without the database, that this node's lease is over. */
final class LeaseWatch implements AutoCloseable {
    private static final long TICK_MILLIS = 100;

    private final Thread thread;

    private LeaseWatch(Thread thread) {
        this.thread = thread;
    }

    /**
     * @param lost called once each time the lease ends, on the watch's own thread
     */
    static LeaseWatch start(Lease lease, String instance, Runnable lost) {
        Thread thread = new Thread(() -> watch(lease, lost), "lease-watch-" + instance);
        thread.setDaemon(true);
        thread.start();
        return new LeaseWatch(thread);
    }

    private static void watch(Lease lease, Runnable lost) {
        try {
            while (true) {
                Thread.sleep(TICK_MILLIS);
                if (lease.loseIf(false)) {
                    lost.run();
                }
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
