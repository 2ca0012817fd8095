package dev.carnelian.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WrongKeysTest {
    private final WrongKeys wrongKeys = new WrongKeys(2);

    @Test
    void oneTooManyMustWait() {
        assertThat(wrongKeys.count("192.0.2.1")).isEmpty();
        assertThat(wrongKeys.count("192.0.2.1")).isEmpty();

        assertThat(wrongKeys.count("192.0.2.1"))
                .hasValueSatisfying(wait -> assertThat(wait.toSeconds()).isBetween(50L, 60L));
        assertThat(wrongKeys.count("192.0.2.2")).isEmpty();
    }

    @Test
    void aNetworkOfIpv6CountsAsOneAddress() {
        wrongKeys.count("2001:db8:0:1:0:0:0:1");
        wrongKeys.count("2001:db8:0:1:0:0:0:2");

        assertThat(wrongKeys.count("2001:db8:0:1:ffff:0:0:3")).isPresent();
        assertThat(wrongKeys.count("2001:db8:0:2:0:0:0:1")).isEmpty();
    }
}
