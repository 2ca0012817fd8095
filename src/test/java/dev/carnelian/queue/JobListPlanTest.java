package dev.carnelian.queue;

import static dev.carnelian.queue.TestQueue.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What lists cost among 100,000 jobs, in pages of 8 KiB: the table has about 12,000, an index that lists them 1,500. */
class JobListPlanTest {
    private static final Pattern PAGES = Pattern.compile("Buffers: shared hit=(\\d+)(?: read=(\\d+))?");
    private static final int A_FEW_EACH = 4 * 101;
    private static final JobId ROOT = new JobId(UUID.fromString("00000000-0000-7000-8000-000000000500"));
    private static final TestQueue TEST = new TestQueue();

    /** One in 1,000 failed or is of a rare type, label, or queue, or a rerun; the newest 1,000 have not ended. */
    @BeforeAll
    static void fill() {
        TEST.jdbi().useHandle(handle -> {
            handle.execute("""
                    INSERT INTO jobs (id, tenant_id, type, queue, priority, labels, input, max_attempts, backoff_kind,
                        backoff_initial_ms, backoff_max_ms, backoff_jitter, timeout_ms, retention_s, original_job_id,
                        root_job_id, created_at, status, final_status, completed_at, expires_at)
                    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'acme',
                        CASE n % 1000 WHEN 1 THEN 'rare' ELSE 'export' END,
                        CASE n % 1000 WHEN 2 THEN 'slow' ELSE 'default' END, 0,
                        CASE n % 1000 WHEN 3 THEN '{"team": "blue"}' ELSE '{}' END::jsonb, '{}', 5, 'fixed', 1000, 1000,
                        0, 60000, 604800, CASE n % 1000 WHEN 4 THEN id END, id, now() - (100000 - n) * interval '1 second',
                        coalesce(final, 'pending'), final, completed_at, completed_at + interval '7 days'
                    FROM generate_series(1, 100000) AS n,
                        LATERAL (SELECT CASE WHEN n <= 99000 THEN
                                CASE n % 1000 WHEN 0 THEN 'failed' ELSE 'completed' END END AS final,
                            CASE WHEN n <= 99000 THEN now() END AS completed_at,
                            ('00000000-0000-7000-8000-' || lpad(CASE n % 1000 WHEN 4 THEN 500 ELSE n END::text, 12, '0'))::uuid
                                AS id) AS job""");
            handle.execute("VACUUM ANALYZE jobs");
        });
    }

    @Test
    void aListOfAllOrOfOneStatusReadsLittleMoreThanItsPage() {
        assertThat(pages(filter(null, null, null, Map.of(), null))).isLessThan(A_FEW_EACH);
        for (JobStatus status : JobStatus.values()) {
            assertThat(pages(filter(status, null, null, Map.of(), null)))
                    .as(status.wireName())
                    .isLessThan(A_FEW_EACH);
        }
    }

    @Test
    void aPageFromTheMiddleCostsNoMore() {
        Job middle = TEST.jobs()
                .find(ACME, new JobId(UUID.fromString("00000000-0000-7000-8000-000000050000")))
                .orElseThrow();

        assertThat(pages(JobFilter.all(), Jobs.Position.of(middle))).isLessThan(A_FEW_EACH);
        Instant time = middle.times().created();
        assertThat(pages(new JobFilter(null, null, null, Map.of(), time, null, null, null)))
                .isLessThan(A_FEW_EACH);
        assertThat(pages(new JobFilter(null, null, null, Map.of(), null, time, null, null)))
                .isLessThan(A_FEW_EACH);
    }

    @Test
    void aQueueALabelAndAChainOfRerunsHaveTheirIndexes() {
        assertThat(pages(filter(null, null, "slow", Map.of(), null))).isLessThan(A_FEW_EACH);
        assertThat(pages(filter(null, null, null, Map.of("team", "blue"), null)))
                .isLessThan(A_FEW_EACH);
        assertThat(pages(filter(null, null, null, Map.of(), ROOT))).isLessThan(A_FEW_EACH);
    }

    @Test
    void aRareTypeIsLookedForInTheIndexAlone() {
        assertThat(pages(filter(null, "rare", null, Map.of(), null))).isLessThan(2_500);
    }

    private static JobFilter filter(
            @Nullable JobStatus status,
            @Nullable String type,
            @Nullable String queue,
            Map<String, String> labels,
            @Nullable JobId root) {
        return new JobFilter(status, type, queue, labels, null, null, root, null);
    }

    private static int pages(JobFilter filter) {
        return pages(filter, null);
    }

    /** The pages that the first page of the list touches. */
    private static int pages(JobFilter filter, Jobs.@Nullable Position after) {
        String plan = TEST.jdbi()
                .withHandle(handle -> String.join(
                        "\n",
                        new JobList(ACME, filter)
                                .query(handle, "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ", after, 101)
                                .mapTo(String.class)
                                .list()));
        assertThat(plan).doesNotContain("Seq Scan on jobs");
        Matcher pages = PAGES.matcher(plan);
        assertThat(pages.find()).as(plan).isTrue();
        int touched =
                Integer.parseInt(pages.group(1)) + (pages.group(2) == null ? 0 : Integer.parseInt(pages.group(2)));
        return touched;
    }
}
