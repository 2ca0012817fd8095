package dev.carnelian.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.job.JobContext.LogLevel;
import dev.carnelian.job.JobId;
import dev.carnelian.queue.Report;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportBufferTest {
    private final ReportBuffer buffer = new ReportBuffer(Report.empty(JobId.next(), "run", 1));

    @Test
    void linesBeyondTheCapAreCountedInALastLine() throws Exception {
        for (int i = 1; i <= 10_003; i++) {
            buffer.line(new Report.Line(Instant.EPOCH.plusSeconds(i), LogLevel.INFO, "line " + i));
        }

        List<Report.Line> lines = buffer.takeRest(0).lines();

        assertThat(lines).hasSize(10_001);
        assertThat(lines.get(9_999).message()).isEqualTo("line 10000");
        assertThat(lines.get(10_000))
                .isEqualTo(new Report.Line(
                        Instant.EPOCH.plusSeconds(10_003), LogLevel.WARN, "3 further lines were not kept"));
    }

    @Test
    void linesWithinTheCapStandAlone() throws Exception {
        buffer.line(new Report.Line(Instant.EPOCH, LogLevel.INFO, "x".repeat(3_000)));

        assertThat(buffer.takeRest(0).lines())
                .containsExactly(new Report.Line(Instant.EPOCH, LogLevel.INFO, "x".repeat(2_000)));
    }
}
