package dev.carnelian.cluster;

import dev.carnelian.job.JobId;
import dev.carnelian.queue.Signals;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends NOTIFY from a thread of its own, many signals in one, at most one statement in a few milliseconds.
 *
 * <p>Never in the transaction it speaks of: a transaction that notifies holds a database-wide lock through its commit, so
 * submissions would commit one after the other.
 */
final class PostgresSignals implements Signals, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresSignals.class);
    private static final long PAUSE_MILLIS = 10;
    private static final int MOST_WAITING = 10_000;

    // A commit that notifies is one that the server would flush, in competition with those of the jobs: not for a hint.
    private static final String SEND = """
            SELECT count(pg_notify(channel, payload)), set_config('synchronous_commit', 'off', true)
            FROM unnest(?::text[], ?::text[]) AS s (channel, payload)""";

    private record Signal(String channel, String payload) {}

    private static final Signal DUE = new Signal(Names.CHANNEL_DUE, "");

    private final Jdbi jdbi;
    private final Runnable wakeThisNode;
    private final BlockingQueue<Signal> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private final AtomicBoolean dueWaits = new AtomicBoolean();
    private final Thread thread;

    /**
     * @param wakeThisNode for which there is no need to ask the database
     */
    PostgresSignals(Jdbi jdbi, Runnable wakeThisNode) {
        this.jdbi = jdbi;
        this.wakeThisNode = wakeThisNode;
        this.thread = new Thread(this::send, "signals");
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    @Override
    public void jobsDue() {
        wakeThisNode.run();
        if (dueWaits.compareAndSet(false, true)) {
            var unused = waiting.offer(DUE);
        }
    }

    @Override
    public void cancelRequested(JobId job) {
        var unused = waiting.offer(new Signal(Names.CHANNEL_CANCEL, job.toString()));
    }

    private void send() {
        try {
            while (true) {
                List<Signal> batch = new ArrayList<>();
                batch.add(waiting.take());
                waiting.drainTo(batch, 100);
                dueWaits.set(false);
                send(batch);
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    private void send(List<Signal> batch) {
        try {
            jdbi.useHandle(handle -> send(handle.getConnection(), batch));
        } catch (SQLException | JdbiException e) {
            LOG.debug("a wake-up was not sent, polls find the work: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("a wake-up was not sent, polls find the work", e);
        }
    }

    private static void send(Connection connection, List<Signal> batch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SEND)) {
            statement.setArray(1, texts(connection, batch, Signal::channel));
            statement.setArray(2, texts(connection, batch, Signal::payload));
            statement.execute();
        }
    }

    private static Array texts(Connection connection, List<Signal> batch, Function<Signal, String> text)
            throws SQLException {
        return connection.createArrayOf("text", batch.stream().map(text).toArray(String[]::new));
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
