package dev.carnelian.net;

import java.net.InetAddress;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.CookieJar;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends requests to places that users name, and to no other: neither into the network this service stands in, nor to
 * where a cloud keeps its credentials, whatever the address is spelled like, resolves to, or redirects to.
 *
 * <p>Keeps no cookies, knows no proxy, and reads nothing from the environment. Thread-safe; one serves a whole node.
 */
public final class OutboundClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OutboundClient.class);
    private static final Duration CHECK_RESOLVES_WITHIN = Duration.ofSeconds(2);
    private static final int IDLE_CONNECTIONS = 32;
    private static final long IDLE_SECONDS = 30;

    private final EgressRules rules;
    private final Resolver resolver;
    private final OkHttpClient client;
    private final InterruptWatch interrupts = new InterruptWatch();
    private final Exchange.Parts parts = new Shared();

    public OutboundClient(EgressConfiguration egress) {
        this(egress, InetAddress::getAllByName);
    }

    OutboundClient(EgressConfiguration egress, Resolver.Lookup lookup) {
        this.rules = new EgressRules(egress);
        this.resolver = new Resolver(lookup);
        this.client = new OkHttpClient.Builder()
                .proxy(Proxy.NO_PROXY)
                .socketFactory(new GuardedSockets(rules))
                .dns(new PinnedDns(List.of()))
                .protocols(List.of(Protocol.HTTP_1_1))
                .followRedirects(false)
                .followSslRedirects(false)
                .cookieJar(CookieJar.NO_COOKIES)
                .connectionPool(new ConnectionPool(IDLE_CONNECTIONS, IDLE_SECONDS, TimeUnit.SECONDS))
                .build();
    }

    /**
     * An address as a user wrote it, in the spelling that is connected to. Where it leads is not looked at yet.
     *
     * @throws BlockedTargetException if it is no address of http or https, or can be read in more than one way
     */
    public static URI parse(String target) {
        return Target.of(target).url().uri();
    }

    /**
     * Looks at an address as it is now, to refuse a job early. A name that does not resolve, or not within two seconds,
     * passes: it may do so by the time the job runs, and is checked again then.
     *
     * @throws BlockedTargetException if a request to it would be refused
     */
    public void check(URI target) {
        check(target.toString());
    }

    /**
     * The same for an address as a user wrote it.
     *
     * @return the address in the spelling that is connected to
     */
    public URI check(String target) {
        Target parsed = Target.of(target);
        check(parsed, CHECK_RESOLVES_WITHIN);
        return parsed.url().uri();
    }

    /** The same for the addresses of one input. */
    public TargetChecks checks() {
        return new TargetChecks(this);
    }

    void check(Target target, Duration left) {
        Duration longest = left.compareTo(CHECK_RESOLVES_WITHIN) < 0 ? left : CHECK_RESOLVES_WITHIN;
        if (longest.isNegative() && !target.isLiteral()) {
            return;
        }
        try {
            var unused = parts.checkedAddresses(target, longest);
        } catch (OutboundException e) {
            LOG.debug("not refused, as its name does not resolve: {}", e.message());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Sends a request, follows redirects, and hands the answer to the reader while the connection is open. Every status
     * is an answer. Headers beyond a few harmless ones do not follow a redirect to another host.
     *
     * @return what the reader made of it
     * @throws BlockedTargetException if the request or one of its redirects leads where none may go
     * @throws OutboundException if there is no answer, or not one within the limits
     * @throws InterruptedException within a tenth of a second after the calling thread was interrupted
     * @throws IllegalArgumentException if a header cannot be sent as it is
     */
    public <T> T send(OutboundRequest request, AnswerReader<T> reader) throws OutboundException, InterruptedException {
        return new Exchange<>(parts, request, reader).run();
    }

    /** Connections that wait for another request to the same place. */
    int idleConnections() {
        return client.connectionPool().idleConnectionCount();
    }

    @Override
    public void close() {
        interrupts.close();
        resolver.close();
        client.connectionPool().evictAll();
        client.dispatcher().executorService().shutdown();
    }

    private final class Shared implements Exchange.Parts {
        @Override
        public List<InetAddress> checkedAddresses(Target target, Duration longest)
                throws OutboundException, InterruptedException {
            List<InetAddress> addresses = target.resolve(resolver, longest);
            addresses.forEach(address ->
                    rules.check(target.url().host(), address, target.url().port()));
            return addresses;
        }

        @Override
        public OkHttpClient client() {
            return client;
        }

        @Override
        public InterruptWatch interrupts() {
            return interrupts;
        }
    }
}
