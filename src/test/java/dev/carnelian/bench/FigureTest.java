package dev.carnelian.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class FigureTest {
    @Test
    void theValueIsTheMedianOfTheRuns() {
        assertThat(Figure.of("x", "jobs/s", List.of(30.0, 10.0, 20.0)).value()).isEqualTo(20);
        assertThat(Figure.of("x", "jobs/s", List.of(10.0, 20.0)).value()).isEqualTo(15);
    }

    @Test
    void steadinessIsTheSlowestRunByTheFastest() {
        assertThat(Figure.of("x", "jobs/s", List.of(30.0, 10.0, 20.0)).steadiness())
                .isEqualTo(10.0 / 30);
    }

    @Test
    void anAimSaysWhetherItIsReached() {
        assertThat(Aim.atLeast("x", OptionalDouble.of(30), 25, 60).verdict()).isEqualTo("met");
        assertThat(Aim.atLeast("x", OptionalDouble.of(20), 25, 60).verdict()).isEqualTo("NOT MET");
        assertThat(Aim.atMost("x", OptionalDouble.of(3), 10, 4).verdict()).isEqualTo("aim reached");
        assertThat(Aim.atMost("x", OptionalDouble.empty(), 10, 4).verdict()).isEmpty();
    }

    @Test
    void aPlotIsWellFormed() throws Exception {
        BarChart chart = new BarChart(
                "A & B",
                "jobs/s",
                List.of("1 node", "2 nodes"),
                Map.of("a<b", List.of(OptionalDouble.of(10), OptionalDouble.empty())));

        var document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(chart.svg().getBytes(StandardCharsets.UTF_8)));

        assertThat(document.getElementsByTagName("text").getLength()).isEqualTo(5);
    }
}
