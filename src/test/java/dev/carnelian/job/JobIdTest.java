package dev.carnelian.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JobIdTest {
    @Test
    void laterIdsSortLater() {
        List<JobId> ids = Stream.generate(JobId::next).limit(10_000).toList();

        assertThat(ids).isSorted().doesNotHaveDuplicates();
        assertThat(ids.get(0).value().version()).isEqualTo(7);
    }

    @Test
    void onlyTheCanonicalFormIsRead() {
        JobId id = JobId.next();

        assertThat(JobId.parse(id.toString())).contains(id);
        assertThat(JobId.parse("1-1-1-1-1")).isEmpty();
        assertThat(JobId.parse("job_abc123")).isEmpty();
    }
}
