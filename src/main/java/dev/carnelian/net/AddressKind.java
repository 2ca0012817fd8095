package dev.carnelian.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/** What an address stands for. */
enum AddressKind {
    /** A host on the internet. */
    PUBLIC,
    /** This machine, a private network, a group, a translated address, or one that is set aside for something else. */
    INTERNAL,
    /** Where clouds hand out credentials to the machines they run: never to be reached. */
    METADATA;

    private static final List<AddressBlock> CREDENTIALS =
            AddressBlock.of("169.254.0.0/16", "fe80::/10", "fd00:ec2::254", "100.100.100.200", "168.63.129.16");

    private static final List<AddressBlock> SET_ASIDE = AddressBlock.of(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20");

    /** Of IPv6, only this has been given to hosts on the internet. */
    private static final AddressBlock GLOBAL_UNICAST = AddressBlock.parse("2000::/3");

    private static final AddressBlock NAT64 = AddressBlock.parse("64:ff9b::/96");
    private static final AddressBlock IPV4_COMPATIBLE = AddressBlock.parse("::/96");
    private static final AddressBlock SIX_TO_FOUR = AddressBlock.parse("2002::/16");

    static AddressKind of(InetAddress address) {
        if (isIn(CREDENTIALS, address) || isIn(CREDENTIALS, insideOf(address))) {
            return METADATA;
        }
        boolean outside = address.getAddress().length == 16 && !GLOBAL_UNICAST.contains(address);
        return outside || isIn(SET_ASIDE, address) ? INTERNAL : PUBLIC;
    }

    /** The IPv4 address that a gateway would make of an IPv6 address; else the address itself. */
    private static InetAddress insideOf(InetAddress address) {
        if (NAT64.contains(address) || IPV4_COMPATIBLE.contains(address)) {
            return ipv4(address, 12);
        }
        return SIX_TO_FOUR.contains(address) ? ipv4(address, 2) : address;
    }

    private static InetAddress ipv4(InetAddress address, int from) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(address.getAddress(), from, from + 4));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    private static boolean isIn(List<AddressBlock> blocks, InetAddress address) {
        return blocks.stream().anyMatch(block -> block.contains(address));
    }
}
