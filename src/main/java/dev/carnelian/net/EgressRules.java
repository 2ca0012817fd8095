package dev.carnelian.net;

import java.net.InetAddress;
import java.util.List;
import java.util.Set;

/** Says which addresses may be reached. Immutable. */
final class EgressRules {
    private final List<AllowedPlace> allowed;
    private final Set<Integer> ports;

    EgressRules(EgressConfiguration configuration) {
        this.allowed = configuration.allow().stream().map(AllowedPlace::parse).toList();
        this.ports = Set.copyOf(configuration.ports());
    }

    /**
     * @param host the name that led to the address, or the address itself
     * @throws BlockedTargetException if it may not be reached; says what is wrong with it, but not where the name leads
     */
    void check(String host, InetAddress address, int port) {
        AddressKind kind = AddressKind.of(address);
        if (kind == AddressKind.METADATA) {
            throw new BlockedTargetException(host + " is where a cloud keeps credentials, which no job may reach");
        }
        if (allowed.stream().anyMatch(place -> place.includes(host, address, port))) {
            return;
        }
        if (kind == AddressKind.INTERNAL) {
            throw new BlockedTargetException(
                    host + " is not on the public internet, and egress.allow does not name it");
        }
        if (!ports.contains(port)) {
            throw new BlockedTargetException("port " + port + " is not one of egress.ports");
        }
    }
}
