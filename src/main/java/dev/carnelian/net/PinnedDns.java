package dev.carnelian.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import okhttp3.Dns;

/**
 * Answers with the addresses that were checked, and asks nobody.
 *
 * <p>All of them are equal: okhttp keeps a connection for later requests only of clients whose Dns is equal to its own,
 * and a connection that stands was checked when it was made.
 */
final class PinnedDns implements Dns {
    private final List<InetAddress> checked;

    PinnedDns(List<InetAddress> checked) {
        this.checked = checked;
    }

    @Override
    public List<InetAddress> lookup(String hostname) throws UnknownHostException {
        if (checked.isEmpty()) {
            throw new UnknownHostException(hostname);
        }
        return checked;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PinnedDns;
    }

    @Override
    public int hashCode() {
        return PinnedDns.class.hashCode();
    }
}
