package dev.carnelian.jobstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class TriggerDataTest {
    @Test
    void whatIsWrittenIsReadBackHereAndByQuartz() throws Exception {
        for (Map<String, String> data : List.of(
                Map.of("jobId", "01a20fff-cfee-7a96-9b5a-e10a4448b057"),
                Map.of("a", "1", "b", "2"),
                Map.of("key with = and :", " value\nwith \\ lines\u00e9\u4e2d"),
                Map.of("empty", ""),
                Map.<String, String>of())) {
            byte[] bytes = TriggerData.bytes(data);
            Properties quartz = new Properties();
            quartz.load(new StringReader(new String(bytes, StandardCharsets.ISO_8859_1)));

            assertThat(TriggerData.map(bytes)).isEqualTo(data);
            assertThat(quartz).isEqualTo(data);
        }
    }
}
