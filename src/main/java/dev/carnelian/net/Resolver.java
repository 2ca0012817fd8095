package dev.carnelian.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Resolves names with a bound on the time, which the system's resolver has not. Thread-safe. */
final class Resolver implements AutoCloseable {
    /** Many, as a name server that keeps silent holds each for as long as the system's resolver waits. */
    private static final int THREADS = 64;

    private static final int WAITING = 1_000;

    /** Replaced by tests, which need names that change. */
    interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    private final Lookup lookup;
    private final ThreadPoolExecutor threads;

    Resolver(Lookup lookup) {
        this.lookup = lookup;
        this.threads = new ThreadPoolExecutor(
                THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING), task -> {
                    Thread thread = new Thread(task, "resolver");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Every address of the name, at least one.
     *
     * @throws OutboundException {@code dns_failed}
     */
    List<InetAddress> resolve(String host, Duration longest) throws OutboundException, InterruptedException {
        Future<InetAddress[]> answer;
        try {
            answer = threads.submit(() -> lookup.all(host));
        } catch (RejectedExecutionException e) {
            throw failed("too many names wait to be resolved", e);
        }
        try {
            return List.of(answer.get(longest.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException e) {
            throw failed("the name " + host + " does not resolve", e);
        } catch (TimeoutException e) {
            throw failed("the name " + host + " did not resolve within " + longest.toMillis() + " ms", e);
        } finally {
            answer.cancel(false);
        }
    }

    private static OutboundException failed(String message, Throwable cause) {
        return new OutboundException("dns_failed", message, true, cause);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
