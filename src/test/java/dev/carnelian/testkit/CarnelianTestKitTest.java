package dev.carnelian.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.testkit.CountingHandler.Fault;
import dev.carnelian.testkit.TestAttempt.Ending;
import dev.carnelian.testkit.TestAttempt.Progress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CarnelianTestKitTest {
    private static final String INPUT = "{\"to\": 5}";

    private final CarnelianTestKit kit = CarnelianTestKit.of(new CountingHandler(Fault.NONE));

    @Test
    void anAttemptReportsAndEndsAsOnANode() {
        TestJob job = kit.job(INPUT);

        TestAttempt attempt = job.run();

        assertThat(attempt.ending()).isEqualTo(Ending.COMPLETED);
        assertThat(attempt.result()).hasToString("{\"counted\":5,\"failed\":1}");
        assertThat(attempt.progress()).startsWith(new Progress(1, 5)).endsWith(new Progress(5, 5));
        assertThat(attempt.items()).hasSize(5).startsWith(ItemOutcome.succeeded(0, "number 0"));
        assertThat(job.checkpoint()).contains("5");
    }

    @Test
    void whatTheApiWouldRefuseIsRefused() {
        assertThatThrownBy(() -> kit.job("{\"to\": 0}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("input.to must be greater than or equal to 1");
        assertThatThrownBy(() -> kit.job("{\"from\": 1, \"to\": 1}"))
                .hasMessageContaining("from is not a field that can be set");
        assertThatThrownBy(() -> kit.job("{")).hasMessageContaining("not JSON");
    }

    @Test
    void anAttemptAfterALostOneFindsWhatWasWritten() {
        TestJob job = kit.job(INPUT);

        TestAttempt lost = job.loseAfter(6, 2);
        assertThat(lost.ending()).isEqualTo(Ending.LOST);
        assertThat(job.checkpoint()).contains("1");
        assertThat(job.items()).containsOnlyKeys(0);
        TestAttempt next = job.run();

        assertThat(next.items()).hasSize(4);
        assertThat(next.result()).hasToString("{\"counted\":5,\"failed\":1}");
    }

    @Test
    void aCancelledAttemptAndOneOutOfTimeEndSo() {
        TestAttempt cancelled = kit.job(INPUT).cancelAfter(3);
        assertThat(cancelled.ending()).isEqualTo(Ending.CANCELLED);
        assertThat(cancelled.reports()).isEqualTo(3);

        CarnelianTestKit slow = CarnelianTestKit.of(new SleepingHandler());
        TestAttempt late = slow.job("{}").timeout(Duration.ofMillis(100)).run();
        assertThat(late.failure().orElseThrow().code()).isEqualTo("timeout");
        assertThatThrownBy(late::result).hasMessageContaining("FAILED with timeout");
    }

    @Test
    void aRerunOfFailedItemsIsAboutThem() {
        TestJob job = kit.job(INPUT);
        job.run();

        TestAttempt rerun = job.rerunFailedItems().run();

        assertThat(rerun.items()).extracting(ItemOutcome::name).containsExactly("number 2");
        assertThat(rerun.progress()).containsExactly(new Progress(1, 1));
    }

    @Test
    void aHandlerThatKeepsTheContractPasses() {
        CountingHandler handler = new CountingHandler(Fault.NONE);

        CarnelianTestKit.of(handler).counting(handler::work, 1).verify(INPUT);

        assertThat(handler.work()).isGreaterThan(50);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            FORGETS_WHAT_AN_ATTEMPT_DID | when the outcome of a completed attempt is lost the result is {"counted":0,
            STARTS_AGAIN                | 10 units of work were done in all, where 7 would do
            SWALLOWS_CANCELLATION       | cancelled at report 1 of 15 an attempt returned a result
            IGNORES_INTERRUPTS          | was told to stop and still runs after 5 s
            IGNORES_THE_SELECTION       | asked for all items but the first it reports [SelectedItem[position=0
            FALLING_PROGRESS            | an undisturbed attempt ended FAILED with handler_error: IllegalArgumentException
            RETURNS_NOTHING             | an undisturbed attempt ended FAILED with invalid_result
            FAILS                       | an undisturbed attempt ended FAILED with broken: it is broken
            """)
    void aHandlerThatDoesNotKeepItIsToldWhatItBreaks(Fault fault, String complaint) {
        CountingHandler handler = new CountingHandler(fault);

        assertThatThrownBy(() ->
                        CarnelianTestKit.of(handler).counting(handler::work, 2).verify(INPUT))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(complaint);
    }
}
