package dev.carnelian.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ItemOutcomeTest {
    @Test
    void aNameIsCutAtTwoThousandCharactersAndNeverWithinOne() {
        String url = "https://a.example/" + "x".repeat(1_981);

        assertThat(ItemOutcome.succeeded(0, url + "y").name()).isEqualTo(url + "y");
        assertThat(ItemOutcome.succeeded(0, url + "yz").name()).isEqualTo(url + "y");
        assertThat(ItemOutcome.succeeded(0, url + "\uD83D\uDE00").name()).isEqualTo(url);
    }
}
