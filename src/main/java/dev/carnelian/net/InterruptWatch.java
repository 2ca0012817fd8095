package dev.carnelian.net;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;

/**
 * Cancels the call of a thread that is interrupted: a thread that waits for a socket does not notice it by itself.
 * Thread-safe.
 */
final class InterruptWatch implements AutoCloseable {
    private static final long LOOK_EVERY_MILLIS = 50;

    private final Set<Watched> calls = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread watch = new Thread(task, "outbound-interrupts");
        watch.setDaemon(true);
        return watch;
    });

    /** Ends the watch when closed, on the thread whose call it is. */
    final class Watched implements AutoCloseable {
        private final Thread caller = Thread.currentThread();
        private final Call call;

        private Watched(Call call) {
            this.call = call;
        }

        private void look() {
            if (caller.isInterrupted()) {
                call.cancel();
            }
        }

        @Override
        public void close() {
            calls.remove(this);
        }
    }

    InterruptWatch() {
        var unused = thread.scheduleWithFixedDelay(
                () -> calls.forEach(Watched::look), LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    Watched over(Call call) {
        Watched watched = new Watched(call);
        calls.add(watched);
        return watched;
    }

    @Override
    public void close() {
        thread.shutdownNow();
        calls.forEach(watched -> watched.call.cancel());
    }
}
