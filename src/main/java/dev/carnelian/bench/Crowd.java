package dev.carnelian.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients that each send one request again and again, on a connection of their own and never before the last answer is
 * there. At most two threads drive them, as they do pgbench's, and bare: they share the machine with the server, and full
 * clients would take a good part of what is measured.
 */
final class Crowd {
    private static final int THREADS = 2;
    private static final long PATIENCE_MILLIS = 30_000;
    private static final Pattern LENGTH = Pattern.compile("\\r\\ncontent-length: *([0-9]+)", Pattern.CASE_INSENSITIVE);

    private final int port;
    private final byte[] request;
    private final int status;

    /**
     * @param status what each answer must have
     */
    Crowd(int port, byte[] request, int status) {
        this.port = port;
        this.request = request;
        this.status = status;
    }

    /** How much was answered in how many seconds. */
    record Count(long answers, double seconds) {
        double perSecond() {
            return (double) answers / seconds;
        }
    }

    /** Asks until the time is over, and counts what is answered by then or on its way. */
    Count ask(int clients, double seconds) {
        int threads = Math.min(THREADS, clients);
        AtomicLong answers = new AtomicLong();
        double elapsed = Threads.timed(threads, thread -> {
            int mine = clients / threads + (thread < clients % threads ? 1 : 0);
            answers.addAndGet(drive(mine, System.nanoTime() + (long) (seconds * 1e9)));
        });
        return new Count(answers.get(), elapsed);
    }

    private long drive(int clients, long until) throws IOException {
        List<Client> all = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < clients; i++) {
                Client client = new Client(selector);
                all.add(client);
                client.send();
            }
            long answers = 0;
            int waiting = clients;
            while (waiting > 0) {
                if (selector.select(PATIENCE_MILLIS) == 0) {
                    throw new IOException("the server does not answer");
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    Client client = (Client) key.attachment();
                    if (client.isAnswered()) {
                        answers++;
                        if (System.nanoTime() < until) {
                            client.send();
                        } else {
                            waiting--;
                        }
                    }
                }
                selector.selectedKeys().clear();
            }
            return answers;
        } finally {
            for (Client client : all) {
                client.channel.close();
            }
        }
    }

    private final class Client {
        private static final byte[] LAST_CHUNK = {'\r', '\n', '0', '\r', '\n', '\r', '\n'};
        private static final int UNKNOWN = -1;
        private static final int CHUNKED = -2;

        private final SocketChannel channel;
        private final SelectionKey key;
        private final ByteBuffer out = ByteBuffer.wrap(request);
        private final ByteBuffer in = ByteBuffer.allocate(64 * 1024);
        /** Bytes of the body that are still to come, or what is known of them. */
        private int left;

        Client(Selector selector) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            key = channel.register(selector, 0, this);
        }

        void send() throws IOException {
            in.clear();
            left = UNKNOWN;
            out.rewind();
            write();
        }

        private void write() throws IOException {
            channel.write(out);
            key.interestOps(out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        /** Goes on where the connection is ready to; answers whether the whole answer is there. */
        boolean isAnswered() throws IOException {
            if (out.hasRemaining()) {
                write();
                return false;
            }
            int read = channel.read(in);
            if (read < 0) {
                throw new IOException("the server closed the connection");
            }
            if (left == UNKNOWN) {
                readHead();
            } else if (left > 0) {
                left -= read;
            }
            boolean whole = left == CHUNKED ? endsInLastChunk() : left == 0;
            if (!in.hasRemaining()) {
                in.position(in.position() - LAST_CHUNK.length).compact();
            }
            return whole;
        }

        private void readHead() throws IOException {
            String text = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
            int body = text.indexOf("\r\n\r\n") + 4;
            if (body < 4) {
                return;
            }
            if (!text.startsWith("HTTP/1.1 " + status)) {
                throw new IOException("not the status " + status + ": " + text);
            }
            Matcher length = LENGTH.matcher(text).region(0, body);
            if (length.find()) {
                left = Integer.parseInt(length.group(1)) - (in.position() - body);
            } else {
                left = status == 304 ? 0 : CHUNKED;
            }
        }

        /** No JSON has such a line in it. */
        private boolean endsInLastChunk() {
            int from = in.position() - LAST_CHUNK.length;
            return Arrays.equals(in.array(), from, in.position(), LAST_CHUNK, 0, LAST_CHUNK.length);
        }
    }
}
