package dev.carnelian.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import javax.net.SocketFactory;

/** Sockets that connect only to where the rules let them: the last word, whatever found the address. */
final class GuardedSockets extends SocketFactory {
    private final EgressRules rules;

    GuardedSockets(EgressRules rules) {
        this.rules = rules;
    }

    @Override
    public Socket createSocket() {
        return new GuardedSocket();
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("a socket is checked when it connects");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        return createSocket(host.getHostAddress(), port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
        return createSocket(host.getHostAddress(), port);
    }

    private final class GuardedSocket extends Socket {
        GuardedSocket() {
            super(Proxy.NO_PROXY);
        }

        @Override
        public void connect(SocketAddress endpoint) throws IOException {
            connect(endpoint, 0);
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            if (!(endpoint instanceof InetSocketAddress target) || target.isUnresolved()) {
                throw new IOException("not an address: " + endpoint);
            }
            try {
                rules.check(target.getHostString(), target.getAddress(), target.getPort());
            } catch (BlockedTargetException e) {
                throw new IOException(e);
            }
            super.connect(target, timeout);
        }
    }
}
