package dev.carnelian.queue;

import static dev.carnelian.queue.TestQueue.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobId;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.queue.RefusedException.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FailedItemsRerunTest {
    private static final JobFailure BROKEN = JobFailure.permanent("broken", "it is broken");

    private final TestQueue test = new TestQueue();
    private final JobQueue queue = test.queue();
    private final Reports reports = new Reports(test.jdbi());

    @Test
    void theNewJobIsAboutTheItemsThatFailed() throws Exception {
        JobId old = ended(
                ItemOutcome.succeeded(0, "a.pdf"),
                ItemOutcome.failed(1, "b.pdf", BROKEN),
                ItemOutcome.succeeded(2, "c.pdf"),
                ItemOutcome.failed(7, "d.pdf", BROKEN));

        Job rerun = rerun(old, true);

        assertThat(rerun.lineage()).isEqualTo(new Job.Lineage(old, old, true));
        assertThat(reports.selected(rerun.id()))
                .contains(List.of(new SelectedItem(1, "b.pdf"), new SelectedItem(7, "d.pdf")));
        assertThat(reports.selected(old)).isEmpty();
    }

    @Test
    void aRerunOfTheRerunRepeatsItOrNarrowsItToWhatFailedAgain() throws Exception {
        JobId old = ended(ItemOutcome.failed(1, "b.pdf", BROKEN), ItemOutcome.failed(2, "c.pdf", BROKEN));
        JobId first = rerun(old, true).id();
        end(first, ItemOutcome.succeeded(1, "b.pdf"), ItemOutcome.failed(2, "c.pdf", BROKEN));

        Job repeated = rerun(first, false);
        Job narrowed = rerun(first, true);

        assertThat(repeated.lineage()).isEqualTo(new Job.Lineage(first, old, true));
        assertThat(reports.selected(repeated.id())).isEqualTo(reports.selected(first));
        assertThat(reports.selected(narrowed.id())).contains(List.of(new SelectedItem(2, "c.pdf")));
    }

    @Test
    void aJobWithoutFailedItemsIsRefusedAndNothingOfItIsLeft() throws Exception {
        JobId old = ended(ItemOutcome.succeeded(0, "a.pdf"));

        assertRefused(old, "has no failed items");

        assertThat(test.count("jobs")).isOne();
        assertThat(test.count("test_triggers")).isZero();
    }

    @Test
    void moreThanTenThousandItemsAreRefused() throws Exception {
        JobId most = ended();
        failItems(most, 10_000);
        JobId more = ended();
        failItems(more, 10_001);

        assertThat(reports.selected(rerun(most, true).id()).orElseThrow()).hasSize(10_000);
        assertRefused(more, "has more than 10,000 failed items; run it again as a whole");
    }

    @Test
    void theSelectionGoesWithItsJob() throws Exception {
        JobId old = ended(ItemOutcome.failed(1, "b.pdf", BROKEN));
        JobId deleted = rerun(old, true).id();
        JobId expired = rerun(old, true).id();
        end(deleted);
        end(expired);

        queue.delete(ACME, old);
        assertThat(test.count("job_selected_items")).isEqualTo(2);
        queue.delete(ACME, deleted);
        assertThat(test.count("job_selected_items")).isOne();
        test.jdbi().useHandle(handle -> handle.execute("UPDATE jobs SET expires_at = now() - interval '1 s'"));
        new Retention(test.jdbi()).deleteExpiredJobs(10);

        assertThat(test.count("job_selected_items")).isZero();
    }

    private JobId ended(ItemOutcome... items) throws Exception {
        JobId id = test.enqueue("export").id();
        end(id, items);
        return id;
    }

    private void end(JobId id, ItemOutcome... items) throws Exception {
        String run = Objects.requireNonNull(test.start(id));
        reports.write(List.of(new Report(id, run, 1, null, null, Arrays.asList(items), List.of())));
        test.finish(id, run, new Outcome.Completed("{}", Report.empty(id, run, 1)));
    }

    private void failItems(JobId id, int count) {
        test.jdbi().useHandle(handle -> handle.execute("""
                        INSERT INTO job_items (job_id, position, name, attempt, code, message, retryable)
                        SELECT ?, n, 'item ' || n, 1, 'broken', '', false FROM generate_series(1, ?) AS n""", id.value(), count));
    }

    private Job rerun(JobId old, boolean failedItemsOnly) {
        Rerun wanted = new Rerun(ACME, old, null, null, null, false, failedItemsOnly, null);
        Answer answer = queue.rerun(
                wanted, Optional.empty(), job -> Answer.of(201, null, job.id().toString()));
        return test.find(JobId.parse(answer.body()).orElseThrow());
    }

    private void assertRefused(JobId old, String why) {
        assertThatThrownBy(() -> rerun(old, true))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.JOB_NOT_RERUNNABLE))
                .hasMessage("job " + old + " " + why);
    }
}
