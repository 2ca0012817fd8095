package dev.carnelian.net;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes, in one spelling: the one that is checked is the one that is connected to.
 *
 * @param url with the host in lower case and ASCII, without a trailing dot
 */
record Target(HttpUrl url) {
    /** What some resolvers take for an address: 2130706433, 0x7f.1, 127.1, 0177.0.0.1. */
    private static final Pattern LIKE_A_NUMBER = Pattern.compile("(.*\\.)?(0[xX][0-9a-fA-F]*|[0-9]+)");

    /**
     * @throws BlockedTargetException if it is no address of http or https, or hides where it leads
     */
    static Target of(String url) {
        HttpUrl parsed = HttpUrl.parse(url);
        if (parsed == null || url.indexOf('\\') >= 0) {
            throw new BlockedTargetException("not an http or https address that can be read in one way only");
        }
        return of(parsed);
    }

    static Target of(@Nullable HttpUrl url) {
        if (url == null) {
            throw new BlockedTargetException("only http and https addresses may be reached");
        }
        if (!url.username().isEmpty() || !url.password().isEmpty()) {
            throw new BlockedTargetException("an address must not have a user or a password in it");
        }
        String host = url.host();
        String plain = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        if (LIKE_A_NUMBER.matcher(plain).matches() && !AddressBlock.isAddress(plain)) {
            throw new BlockedTargetException(host + " is not written as four decimal numbers");
        }
        return new Target(url.newBuilder().host(plain).build());
    }

    /** Whether the host is an address and no name. */
    boolean isLiteral() {
        return AddressBlock.isAddress(url.host());
    }

    /**
     * Every address of the host.
     *
     * @throws OutboundException {@code dns_failed}
     */
    List<InetAddress> resolve(Resolver resolver, Duration longest) throws OutboundException, InterruptedException {
        return isLiteral() ? List.of(InetAddresses.forString(url.host())) : resolver.resolve(url.host(), longest);
    }

    /** Whether both have the same scheme, host and port. */
    boolean hasOriginOf(Target other) {
        return url.scheme().equals(other.url.scheme())
                && url.host().equals(other.url.host())
                && url.port() == other.url.port();
    }
}
