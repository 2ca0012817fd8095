package dev.carnelian.net;

import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An entry of {@code egress.allow}: a host by its name or a block of addresses, at one port or at any. */
record AllowedPlace(
        @Nullable String host,
        @Nullable AddressBlock block,
        @Nullable Integer port) {
    private static final Pattern WITH_PORT =
            Pattern.compile("(?:\\[(?<six>[^\\]]+)]|(?<other>[^:\\[\\]/]+)):(?<port>[0-9]{1,5})");
    private static final Pattern NAME = Pattern.compile("[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?");

    /**
     * @throws IllegalArgumentException if the text is neither a name nor an address nor a block
     */
    static AllowedPlace parse(String text) {
        Matcher withPort = WITH_PORT.matcher(text);
        if (!withPort.matches()) {
            return place(text, text, null);
        }
        int port = Integer.parseInt(withPort.group("port"));
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("egress.allow: '" + text + "' names no port");
        }
        String six = withPort.group("six");
        return place(text, six == null ? withPort.group("other") : six, port);
    }

    private static AllowedPlace place(String text, String hostOrBlock, @Nullable Integer port) {
        if (hostOrBlock.contains("/") || AddressBlock.isAddress(hostOrBlock)) {
            return new AllowedPlace(null, AddressBlock.parse(hostOrBlock), port);
        }
        String name = hostOrBlock.toLowerCase(Locale.ROOT);
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "egress.allow: '" + text
                            + "' is not a host name, an address, a block such as 10.0.0.0/8, or one of the first two with a port");
        }
        return new AllowedPlace(name, null, port);
    }

    boolean includes(String targetHost, InetAddress address, int targetPort) {
        boolean there = block == null ? targetHost.equalsIgnoreCase(host) : block.contains(address);
        return there && (port == null || port == targetPort);
    }
}
