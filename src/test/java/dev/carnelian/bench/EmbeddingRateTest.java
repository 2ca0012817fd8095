package dev.carnelian.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class EmbeddingRateTest {
    @Test
    void bothRatesAreMeasured() throws Exception {
        Figures figures = new Figures(new PrintWriter(new StringWriter()));
        try (Server server = Server.start()) {
            new EmbeddingRate(10).run(server, figures);
        }

        assertThat(figures.value(EmbeddingRate.MODEL).orElse(0)).isPositive();
        assertThat(figures.ratio(EmbeddingRate.PRODUCT, EmbeddingRate.MODEL).orElse(0))
                .isPositive();
    }
}
