package dev.carnelian.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that a user can write reaches a server inside: each test has a real one that must not hear of it. */
class BlockedTargetsTest {
    private LoopbackServer canary;

    @BeforeEach
    void start() throws IOException {
        canary = LoopbackServer.saying("the secret of the inside");
    }

    @AfterEach
    void stop() {
        assertThat(canary.seen()).isEmpty();
        canary.close();
    }

    static Stream<String> spellingsOfThisMachine() {
        return Stream.of(
                "http://127.0.0.1:PORT/",
                "http://localhost:PORT/",
                "http://LOCALHOST.:PORT/",
                "http://127.0.0.1.:PORT/",
                "http://127.1:PORT/",
                "http://127.0.1:PORT/",
                "http://2130706433:PORT/",
                "http://0x7f000001:PORT/",
                "http://0x7f.0.0.1:PORT/",
                "http://0177.0.0.1:PORT/",
                "http://017700000001:PORT/",
                "http://127.000.000.001:PORT/",
                "http://127.2.3.4:PORT/",
                "http://0:PORT/",
                "http://0.0.0.0:PORT/",
                "http://[::1]:PORT/",
                "http://[::]:PORT/",
                "http://[0:0:0:0:0:0:0:1]:PORT/",
                "http://[::ffff:127.0.0.1]:PORT/",
                "http://[::ffff:7f00:1]:PORT/",
                "http://[::127.0.0.1]:PORT/",
                "http://[64:ff9b::127.0.0.1]:PORT/",
                "http://[64:ff9b::7f00:1]:PORT/",
                "http://[2002:7f00:1::]:PORT/",
                "http://[fe80::1%25lo]:PORT/",
                "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11:PORT/",
                "http://127\u30020\u30020\u30021:PORT/",
                "http://\u2460\u2461\u2466.0.0.1:PORT/",
                "http://%31%32%37.0.0.1:PORT/",
                "http://public.example@127.0.0.1:PORT/",
                "http://public.example:80@127.0.0.1:PORT/",
                "http://public.example\\@127.0.0.1:PORT/",
                "http:\\\\127.0.0.1:PORT/",
                "http://127.0.0.1:PORT\\@public.example/",
                "http://inside.example:PORT/",
                "http://both.example:PORT/",
                "//127.0.0.1:PORT/",
                "127.0.0.1:PORT",
                "ftp://127.0.0.1:PORT/",
                "gopher://127.0.0.1:PORT/_GET",
                "file:///etc/passwd",
                "jar:http://127.0.0.1:PORT/!/",
                "javascript:alert(1)",
                "");
    }

    @ParameterizedTest
    @MethodSource("spellingsOfThisMachine")
    void noSpellingOfThisMachineIsReached(String spelling) {
        String url = spelling.replace("PORT", Integer.toString(canary.port()));
        try (OutboundClient client = client()) {
            assertThatExceptionOfType(BlockedTargetException.class).isThrownBy(() -> client.check(url));
            assertThatThrownBy(() -> get(client, URI.create(url)))
                    .isInstanceOfAny(BlockedTargetException.class, IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.170.2",
                "100.100.100.200",
                "168.63.129.16",
                "[fd00:ec2::254]",
                "[fe80::a9fe:a9fe]",
                "[::ffff:169.254.169.254]",
                "[64:ff9b::169.254.169.254]",
                "[2002:a9fe:a9fe::]",
                "metadata.example"
            })
    void credentialsOfCloudsAreNotReachedEvenIfAllIsAllowed(String host) {
        EgressConfiguration everything = new EgressConfiguration(
                List.of("0.0.0.0/0", "::/0", "169.254.169.254", "metadata.example"), List.of(80));
        try (OutboundClient client = new OutboundClient(everything, BlockedTargetsTest::lookup)) {
            URI url = URI.create("http://" + host + "/latest/meta-data/");
            assertThatExceptionOfType(BlockedTargetException.class).isThrownBy(() -> client.check(url));
            assertThatExceptionOfType(BlockedTargetException.class).isThrownBy(() -> get(client, url));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "100.64.0.1",
                "192.0.0.8",
                "198.18.0.1",
                "198.19.255.255",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
                "0.1.2.3",
                "fc00::1",
                "fdff::1",
                "ff02::1",
                "2001::1",
                "2001:db8::1",
                "2002::1",
                "64:ff9b::808:808",
                "64:ff9b:1::1",
                "::808:808",
                "100::1",
                "3fff::1"
            })
    void whatIsNotPublicIsInternal(String address) {
        assertThat(AddressKind.of(InetAddresses.forString(address))).isEqualTo(AddressKind.INTERNAL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "172.15.255.255",
                "172.32.0.0",
                "100.63.255.255",
                "198.20.0.0",
                "223.255.255.255",
                "2606:4700:4700::1111",
                "2001:4860:4860::8888",
                "2a00:1450::1"
            })
    void whatIsPublicIsPublic(String address) {
        assertThat(AddressKind.of(InetAddresses.forString(address))).isEqualTo(AddressKind.PUBLIC);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void noRedirectLeadsInside(int status) throws IOException {
        try (LoopbackServer outside = new LoopbackServer(
                        "127.0.0.2",
                        (exchange, request) -> LoopbackServer.redirect(exchange, status, location(request.path())));
                OutboundClient client = client("127.0.0.2")) {
            for (String path : List.of("/plain", "/relative", "/name", "/file", "/user")) {
                assertThatExceptionOfType(BlockedTargetException.class)
                        .isThrownBy(() -> get(client, outside.url(path)));
            }
        }
    }

    private String location(String path) {
        return switch (path) {
            case "/plain" -> "http://127.0.0.1:" + canary.port() + "/";
            case "/relative" -> "//127.0.0.1:" + canary.port() + "/";
            case "/name" -> "http://inside.example:" + canary.port() + "/";
            case "/user" -> "http://127.0.0.2@127.0.0.1:" + canary.port() + "/";
            default -> "file:///etc/passwd";
        };
    }

    @Test
    void aNameThatChangesItsAddressAfterTheCheckIsConnectedToWhereItWasChecked() throws Exception {
        AtomicInteger lookups = new AtomicInteger();
        Resolver.Lookup rebinding = host ->
                new InetAddress[] {InetAddresses.forString(lookups.getAndIncrement() == 0 ? "127.0.0.2" : "127.0.0.1")};
        try (LoopbackServer outside = new LoopbackServer(
                        "127.0.0.2", (exchange, request) -> LoopbackServer.answer(exchange, 200, "outside"));
                OutboundClient client =
                        new OutboundClient(new EgressConfiguration(List.of("127.0.0.2"), List.of()), rebinding)) {
            URI url = URI.create("http://rebinding.example:" + outside.port() + "/");
            assertThat(get(client, url)).isEqualTo("outside");
            assertThat(lookups).hasValue(1);
            assertThatExceptionOfType(BlockedTargetException.class)
                    .isThrownBy(() -> get(client, URI.create("http://rebinding.example:" + canary.port() + "/")));
        }
    }

    @Test
    void theSocketRefusesByItselfToo() {
        EgressRules rules = new EgressRules(new EgressConfiguration(List.of(), List.of(80)));
        assertThatThrownBy(() -> {
                    try (var socket = new GuardedSockets(rules).createSocket()) {
                        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), canary.port()), 1_000);
                    }
                })
                .isInstanceOf(IOException.class)
                .hasCauseInstanceOf(BlockedTargetException.class);
    }

    @Test
    void noProxyOfTheProcessIsAsked() throws Exception {
        System.setProperty("http.proxyHost", "127.0.0.1");
        System.setProperty("http.proxyPort", Integer.toString(canary.port()));
        System.setProperty("socksProxyHost", "127.0.0.1");
        System.setProperty("socksProxyPort", Integer.toString(canary.port()));
        try (LoopbackServer outside = LoopbackServer.saying("outside");
                OutboundClient client = client("127.0.0.1:" + outside.port())) {
            assertThat(get(client, outside.url("/"))).isEqualTo("outside");
        } finally {
            List.of("http.proxyHost", "http.proxyPort", "socksProxyHost", "socksProxyPort")
                    .forEach(System::clearProperty);
        }
    }

    @Test
    void onlyTheAllowedPortOfAnAllowedPlaceIsReached() throws Exception {
        try (LoopbackServer outside = LoopbackServer.saying("outside");
                OutboundClient client = client("127.0.0.1:" + outside.port(), "inside.example:" + outside.port())) {
            assertThat(get(client, outside.url("/"))).isEqualTo("outside");
            assertThat(get(client, URI.create("http://inside.example:" + outside.port() + "/")))
                    .isEqualTo("outside");
            assertThatExceptionOfType(BlockedTargetException.class).isThrownBy(() -> get(client, canary.url("/")));
        }
    }

    @Test
    void aPublicPlaceIsReachedAtThePortsThatAreSetOnly() {
        try (OutboundClient client = client()) {
            client.check("https://public.example/");
            client.check("https://public.example:8443/");
            assertThatExceptionOfType(BlockedTargetException.class)
                    .isThrownBy(() -> client.check("http://public.example:5432/"))
                    .withMessageContaining("5432");
        }
    }

    @Test
    void aNameThatDoesNotResolveIsNoReasonToRefuse() {
        try (OutboundClient client = client()) {
            assertThat(client.check("https://Nowhere.Example./a?b=c")).hasToString("https://nowhere.example/a?b=c");
        }
    }

    @Test
    void manyAddressesOfOneInputAreCheckedByTheirHosts() {
        AtomicInteger lookups = new AtomicInteger();
        try (OutboundClient client = new OutboundClient(new EgressConfiguration(List.of(), List.of(443)), host -> {
            lookups.incrementAndGet();
            return lookup(host);
        })) {
            TargetChecks checks = client.checks();
            for (int i = 0; i < 100; i++) {
                assertThat(checks.check("https://public.example/" + i).getPath())
                        .isEqualTo("/" + i);
            }
            assertThat(lookups).hasValue(1);
            assertThatExceptionOfType(BlockedTargetException.class)
                    .isThrownBy(() -> checks.check("https://inside.example/"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.0/33", "10.0.0.0/", "http://a", "a b", "[::1", "host:0", "host:70000", "10.0.0.0/8:80"})
    void whatIsNoPlaceIsRefusedWhenTheConfigurationIsRead(String entry) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new EgressConfiguration(List.of(entry), List.of()));
    }

    private static OutboundClient client(String... allowed) {
        return new OutboundClient(
                new EgressConfiguration(List.of(allowed), List.of(80, 443, 8443)), BlockedTargetsTest::lookup);
    }

    private static InetAddress[] lookup(String host) throws UnknownHostException {
        return switch (host) {
            case "inside.example" -> new InetAddress[] {InetAddresses.forString("127.0.0.1")};
            case "both.example" ->
                new InetAddress[] {InetAddresses.forString("1.1.1.1"), InetAddresses.forString("127.0.0.1")};
            case "metadata.example" -> new InetAddress[] {InetAddresses.forString("169.254.169.254")};
            case "public.example" -> new InetAddress[] {InetAddresses.forString("1.1.1.1")};
            case "nowhere.example" -> throw new UnknownHostException(host);
            default -> InetAddress.getAllByName(host);
        };
    }

    private static String get(OutboundClient client, URI url) throws Exception {
        return client.send(
                OutboundRequest.get(url, OutboundLimits.standard()),
                answer -> new String(answer.body().readAllBytes(), StandardCharsets.UTF_8));
    }
}
