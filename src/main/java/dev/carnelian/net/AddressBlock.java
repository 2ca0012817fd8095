package dev.carnelian.net;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** All addresses that begin with the same bits, as in {@code 10.0.0.0/8}. */
final class AddressBlock {
    private final byte[] start;
    private final int bits;

    private AddressBlock(byte[] start, int bits) {
        this.start = start;
        this.bits = bits;
    }

    /**
     * An address for itself or a block.
     *
     * @throws IllegalArgumentException if the text is neither
     */
    static AddressBlock parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        if (!isAddress(address)) {
            throw new IllegalArgumentException("'" + text + "' is not an address or a block such as 10.0.0.0/8");
        }
        byte[] start = InetAddresses.forString(address).getAddress();
        int bits = slash < 0 ? start.length * 8 : bitsOf(text, slash, start.length * 8);
        return new AddressBlock(start, bits);
    }

    private static int bitsOf(String text, int slash, int most) {
        String number = text.substring(slash + 1);
        if (!number.matches("[0-9]{1,3}") || Integer.parseInt(number) > most) {
            throw new IllegalArgumentException("'" + text + "' must end in a number of bits from 0 to " + most);
        }
        return Integer.parseInt(number);
    }

    static List<AddressBlock> of(String... blocks) {
        return Arrays.stream(blocks).map(AddressBlock::parse).toList();
    }

    /** Whether the text is an address in its usual spelling: four decimal numbers, or IPv6 without a zone. */
    static boolean isAddress(String text) {
        return text.indexOf('%') < 0 && InetAddresses.isInetAddress(text);
    }

    boolean contains(InetAddress address) {
        byte[] other = address.getAddress();
        if (other.length != start.length) {
            return false;
        }
        int whole = bits / 8;
        if (!Arrays.equals(start, 0, whole, other, 0, whole)) {
            return false;
        }
        int rest = 8 - bits % 8;
        return rest == 8 || (start[whole] & 0xff) >> rest == (other[whole] & 0xff) >> rest;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AddressBlock block && block.bits == bits && Arrays.equals(block.start, start);
    }

    @Override
    public int hashCode() {
        return Objects.hash(bits, Arrays.hashCode(start));
    }
}
