package dev.carnelian.queue;

import static dev.carnelian.queue.TestQueue.ACME;
import static dev.carnelian.queue.TestQueue.OTHER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.queue.RefusedException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobQueueTest {
    private final TestQueue test = new TestQueue();
    private final JobQueue queue = test.queue();

    @Test
    void anAcceptedJobIsPendingAndHasATrigger() {
        NewJob wanted = new NewJob(
                ACME,
                "export",
                "{\"n\": 1.10}",
                TestQueue.settings("slow", -7, Map.of("team", "blue")),
                null,
                null,
                UUID.randomUUID());

        Job job = queue.enqueue(wanted);

        assertThat(test.find(job.id()))
                .usingRecursiveComparison()
                .ignoringFields("times")
                .isEqualTo(job);
        assertThat(job.status()).isEqualTo(JobStatus.PENDING);
        assertThat(job.input()).isEqualTo("{\"n\": 1.10}");
        assertThat(job.settings()).isEqualTo(wanted.settings());
        assertThat(job.lineage()).isEqualTo(new Job.Lineage(null, job.id(), false));
        assertThat(job.waitsUntil()).isEmpty();
        assertThat(test.count("test_triggers")).isEqualTo(1);
    }

    @Test
    void aTriggerThatCannotBeStoredLeavesNothingBehind() {
        JobQueue failing = test.queue(TestQueue.twice(test.triggers()));
        NewJob wanted = TestQueue.newJob(ACME, "export");
        Optional<IdempotencyKey> key = Optional.of(new IdempotencyKey("POST /jobs", "k", "f"));

        assertThatThrownBy(() -> failing.enqueue(wanted, key, this::answer)).hasStackTraceContaining("duplicate key");
        assertThatThrownBy(() -> failing.enqueue(wanted)).hasStackTraceContaining("duplicate key");

        assertThat(test.count("jobs")).isZero();
        assertThat(test.count("test_triggers")).isZero();
        assertThat(test.count("idempotency_keys")).isZero();
    }

    @Test
    void aDelayIsCountedFromTheDatabasesNow() {
        Job job = queue.enqueue(at(null, Duration.ofMinutes(5)));

        assertThat(job.times().runAt()).isEqualTo(job.times().created().plus(Duration.ofMinutes(5)));
        assertThat(job.times().scheduled()).isEqualTo(job.times().runAt());
        assertThat(job.waitsUntil()).contains(job.times().runAt());
    }

    @Test
    void aTimeThatHasPassedMeansAtOnce() {
        Instant past = Instant.now().minusSeconds(60).truncatedTo(ChronoUnit.MICROS);

        Job job = queue.enqueue(at(past, null));

        assertThat(job.times().scheduled()).isEqualTo(past);
        assertThat(job.times().runAt()).isEqualTo(job.times().created());
        assertThat(job.waitsUntil()).isEmpty();
    }

    @Test
    void aPendingJobIsCancelledAtOnceAndLosesItsTrigger() {
        JobId id = test.enqueue("export").id();

        cancel(id);

        Job job = test.find(id);
        assertThat(job.status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(job.cancelReason()).isEqualTo("why not");
        assertThat(job.result()).isNull();
        assertThat(job.times().completed()).isNotNull();
        assertThat(job.times().expires())
                .isCloseTo(Instant.now().plus(Duration.ofDays(7)), within(1, ChronoUnit.MINUTES));
        assertThat(job.version()).isEqualTo(2);
        assertThat(test.count("test_triggers")).isZero();
        assertThat(test.start(id)).isNull();
    }

    @Test
    void aRunningJobIsAskedToStopOnceAndStillRuns() {
        JobId id = test.enqueue("export").id();
        test.start(id);

        cancel(id);
        Job first = test.find(id);
        cancel(id);

        assertThat(first.isCancelling()).isTrue();
        assertThat(test.find(id))
                .usingRecursiveComparison()
                .ignoringFields("times.readAt")
                .isEqualTo(first);
        assertThat(test.cancelSignals()).containsExactly(id);
    }

    @Test
    void aCancelledJobStaysAsItIsAndACompletedOneCannotBeCancelled() {
        JobId cancelled = test.enqueue("export").id();
        cancel(cancelled);
        int version = test.find(cancelled).version();
        cancel(cancelled);
        JobId completed = test.enqueue("export").id();
        test.complete(completed, "{}");

        assertThat(test.find(cancelled).version()).isEqualTo(version);
        assertRefused(Reason.JOB_NOT_CANCELLABLE, () -> cancel(completed));
        assertThat(test.find(completed).status()).isEqualTo(JobStatus.COMPLETED);
    }

    @Test
    void aRerunIsANewLinkedJobAndTheOldOneIsNotTouched() {
        JobId first = test.enqueue("export").id();
        test.complete(first, "{\"rows\":1}");
        Job before = test.find(first);

        Job second = rerun(Rerun.of(ACME, first));
        test.fail(second.id(), null);
        Job third = rerun(new Rerun(ACME, second.id(), "{\"n\":2}", 9, null, false, false, null));

        assertThat(second.lineage()).isEqualTo(new Job.Lineage(first, first, false));
        assertThat(second.status()).isEqualTo(JobStatus.PENDING);
        assertThat(second.input()).isEqualTo(before.input());
        assertThat(second.settings()).isEqualTo(before.settings());
        assertThat(third.lineage()).isEqualTo(new Job.Lineage(second.id(), first, false));
        assertThat(third.input()).isEqualTo("{\"n\":2}");
        assertThat(third.settings().priority()).isEqualTo(9);
        assertThat(test.find(first))
                .usingRecursiveComparison()
                .ignoringFields("times.readAt")
                .isEqualTo(before);
    }

    @Test
    void onlyAJobThatEndedIsRerunAndACancelledOneOnlyWhenAllowed() {
        JobId pending = test.enqueue("export").id();
        JobId running = test.enqueue("export").id();
        test.start(running);
        JobId cancelled = test.enqueue("export").id();
        cancel(cancelled);

        assertRefused(Reason.JOB_NOT_RERUNNABLE, () -> rerun(Rerun.of(ACME, pending)));
        assertRefused(Reason.JOB_NOT_RERUNNABLE, () -> rerun(Rerun.of(ACME, running)));
        assertRefused(Reason.JOB_NOT_RERUNNABLE, () -> rerun(Rerun.of(ACME, cancelled)));
        assertThat(rerun(new Rerun(ACME, cancelled, null, null, null, true, false, null))
                        .status())
                .isEqualTo(JobStatus.PENDING);
    }

    @Test
    void onlyAJobThatEndedIsDeletedAndWithAllThatHangsOnIt() {
        JobId pending = test.enqueue("export").id();
        JobId failed = test.enqueue("export").id();
        test.fail(failed, Duration.ZERO);
        test.fail(failed, null);

        assertRefused(Reason.JOB_ACTIVE, () -> queue.delete(ACME, pending));
        queue.delete(ACME, failed);

        assertThat(test.jobs().find(ACME, failed)).isEmpty();
        assertThat(test.count("job_attempts")).isZero();
        assertRefused(Reason.JOB_NOT_FOUND, () -> queue.delete(ACME, failed));
    }

    @Test
    void anotherTenantsJobIsAnUnknownOne() {
        JobId id = test.enqueue("export").id();

        assertThat(test.jobs().find(OTHER, id)).isEmpty();
        assertRefused(Reason.JOB_NOT_FOUND, () -> queue.delete(OTHER, id));
        assertRefused(Reason.JOB_NOT_FOUND, () -> rerun(Rerun.of(OTHER, id)));
        assertRefused(
                Reason.JOB_NOT_FOUND, () -> queue.cancel(new JobRef(OTHER, id), null, Optional.empty(), this::answer));
    }

    private static NewJob at(@Nullable Instant scheduledAt, @Nullable Duration delay) {
        NewJob job = TestQueue.newJob(ACME, "export");
        return new NewJob(job.tenant(), job.type(), job.input(), job.settings(), scheduledAt, delay, null);
    }

    private Answer answer(Job job) {
        return Answer.of(200, null, job.id().toString());
    }

    private void cancel(JobId id) {
        queue.cancel(new JobRef(ACME, id), "why not", Optional.empty(), this::answer);
    }

    private Job rerun(Rerun wanted) {
        Answer answer = queue.rerun(wanted, Optional.empty(), this::answer);
        return test.find(JobId.parse(answer.body()).orElseThrow());
    }

    private static void assertRefused(Reason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }
}
