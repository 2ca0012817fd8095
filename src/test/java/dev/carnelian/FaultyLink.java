package dev.carnelian;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The way from a node to its database, on this machine. It can be cut, and it can fall silent. */
final class FaultyLink implements AutoCloseable {
    private static final int BUFFER = 64 * 1024;
    private static final long POLL_MILLIS = 20;

    private final ServerSocket door;
    private final int database;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile State state = State.OPEN;

    enum State {
        OPEN,
        /** Connections are closed, and new ones at once. */
        CUT,
        /** Nothing comes through, and nobody is told. */
        SILENT
    }

    /**
     * @param database the port of the server
     */
    FaultyLink(int database) throws IOException {
        this.door = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        this.database = database;
        threads.execute(this::accept);
    }

    int port() {
        return door.getLocalPort();
    }

    void become(State next) {
        state = next;
        if (next == State.CUT) {
            sockets.forEach(FaultyLink::close);
        }
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket node = door.accept();
                threads.execute(() -> connect(node));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void connect(Socket node) {
        try {
            if (state == State.CUT) {
                throw new IOException("the link is cut");
            }
            Socket server = new Socket(InetAddress.getLoopbackAddress(), database);
            for (Socket socket : new Socket[] {node, server}) {
                socket.setTcpNoDelay(true);
                sockets.add(socket);
            }
            threads.execute(() -> carry(node, server));
            threads.execute(() -> carry(server, node));
        } catch (IOException e) {
            close(node);
        }
    }

    private void carry(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                while (state == State.SILENT) {
                    Thread.sleep(POLL_MILLIS);
                }
                out.write(buffer, 0, length);
            }
        } catch (IOException e) {
            // One end is gone, and the other goes with it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(from);
            close(to);
            sockets.remove(from);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is of no use any more either way.
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
        sockets.forEach(FaultyLink::close);
        threads.shutdownNow();
    }
}
