package dev.carnelian.queue;

import static dev.carnelian.queue.TestQueue.ACME;
import static dev.carnelian.queue.TestQueue.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext.LogLevel;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobStatus;
import dev.carnelian.queue.Jobs.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobsTest {
    private final TestQueue test = new TestQueue();
    private final Jobs jobs = test.jobs();

    @Test
    void pagesFollowEachOtherFromTheNewestToTheOldest() {
        List<JobId> expected = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            expected.add(0, test.enqueue("export").id());
        }
        test.queue().enqueue(TestQueue.newJob(OTHER, "export"));

        List<JobId> read = new ArrayList<>();
        Position after = null;
        for (int page = 0; page < 4; page++) {
            List<Job> list = jobs.list(ACME, JobFilter.all(), after, 2);
            list.forEach(job -> read.add(job.id()));
            after = list.isEmpty() ? after : Position.of(list.get(list.size() - 1));
        }

        assertThat(read).containsExactlyElementsOf(expected);
    }

    @Test
    void aFilterShowsOnlyWhatItNames() {
        JobId plain = test.enqueue("export").id();
        JobId other = test.enqueue("import").id();
        Map<String, String> labels = Map.of("team", "blue", "shift", "night");
        NewJob wanted = TestQueue.newJob(ACME, "export");
        JobId labelled = test.queue()
                .enqueue(new NewJob(
                        ACME, "export", wanted.input(), TestQueue.settings("slow", 0, labels), null, null, null))
                .id();
        test.complete(plain, "{}");
        test.start(other);

        assertThat(list(filter(JobStatus.COMPLETED, null, null, Map.of(), null)))
                .containsExactly(plain);
        assertThat(list(filter(JobStatus.RUNNING, null, null, Map.of(), null))).containsExactly(other);
        assertThat(list(filter(null, "import", null, Map.of(), null))).containsExactly(other);
        assertThat(list(filter(null, null, "slow", Map.of(), null))).containsExactly(labelled);
        assertThat(list(filter(null, null, "default", Map.of(), null))).containsExactly(other, plain);
        assertThat(list(filter(null, null, null, Map.of("team", "blue"), null))).containsExactly(labelled);
        assertThat(list(filter(null, null, null, Map.of("team", "red"), null))).isEmpty();
        assertThat(list(filter(null, null, null, Map.of(), "node-1"))).containsExactly(other);
        Instant created = test.find(other).times().created();
        assertThat(list(new JobFilter(null, null, null, Map.of(), created, null, null, null)))
                .containsExactly(labelled);
        assertThat(list(new JobFilter(null, null, null, Map.of(), null, created, null, null)))
                .containsExactly(plain);
        assertThat(list(new JobFilter(null, null, null, Map.of(), null, null, plain, null)))
                .containsExactly(plain);
    }

    @Test
    void listsCarryNoInputAndOnlyShortResults() {
        JobId brief = test.enqueue("export").id();
        JobId large = test.enqueue("export").id();
        test.complete(brief, "{\"rows\": 1}");
        test.complete(large, "{\"text\": \"" + "x".repeat(9_000) + "\"}");

        assertThat(jobs.list(ACME, JobFilter.all(), null, 10))
                .extracting(Job::input)
                .containsOnlyNulls();
        assertThat(jobs.findAll(ACME, List.of(brief, large, JobId.next())))
                .extracting(Job::result)
                .containsExactly(null, "{\"rows\": 1}");
        assertThat(jobs.findAll(OTHER, List.of(brief))).isEmpty();
        assertThat(test.find(large).result()).hasSizeGreaterThan(9_000);
    }

    @Test
    void progressIsThatOfTheAttemptUnderWay() throws Exception {
        JobId id = test.enqueue("export").id();
        String first = Objects.requireNonNull(test.start(id));
        new Reports(test.jdbi()).write(List.of(report(id, first)));
        Job running = test.find(id);
        test.finish(
                id,
                first,
                new Outcome.Failed(
                        JobFailure.retryable("broken", "x"), "{}", Duration.ZERO, Report.empty(id, first, 1)));
        test.start(id);

        assertThat(running.progress()).isEqualTo(new Job.Progress(40, 4, 10, 1, "reading"));
        assertThat(test.find(id).progress().percent()).isZero();
    }

    @Test
    void aCompletedJobIsAtOneHundred() {
        JobId id = test.enqueue("export").id();
        test.complete(id, "{}");

        assertThat(test.find(id).progress().percent()).isEqualTo(100);
    }

    @Test
    void attemptsEndWithTheOneUnderWay() {
        JobId id = test.enqueue("export").id();
        test.fail(id, Duration.ZERO);
        assertThat(attempts(id)).containsExactly("1 failed true");

        test.start(id);

        assertThat(attempts(id)).containsExactly("1 failed true", "2 running null");
    }

    @Test
    void theLastAttemptTellsWhyTheJobFailed() {
        JobId id = test.enqueue("export").id();
        test.fail(id, Duration.ZERO);
        test.fail(id, null);

        assertThat(attempts(id)).containsExactly("1 failed true", "2 failed true");
    }

    @Test
    void aJobCancelledBetweenAttemptsShowsNoAttemptTwice() {
        JobId id = test.enqueue("export").id();
        test.fail(id, Duration.ofMinutes(5));
        test.queue().cancel(new JobRef(ACME, id), null, Optional.empty(), job -> Answer.of(200, null, "{}"));

        assertThat(attempts(id)).containsExactly("1 failed true");
    }

    @Test
    void itemsAndLogLinesComeInOrderAndInPages() throws Exception {
        JobId id = test.enqueue("export").id();
        String run = Objects.requireNonNull(test.start(id));
        new Reports(test.jdbi()).write(List.of(report(id, run)));
        JobRef job = new JobRef(ACME, id);

        assertThat(jobs.items(job, null, -1, 2).orElseThrow())
                .extracting(Job.Item::name)
                .containsExactly("a", "b");
        assertThat(jobs.items(job, null, 1, 2).orElseThrow())
                .extracting(Job.Item::name)
                .containsExactly("c");
        assertThat(jobs.items(job, true, -1, 9).orElseThrow())
                .extracting(Job.Item::name)
                .containsExactly("b");
        List<Job.LogLine> lines = jobs.logs(job, null, 0, 1).orElseThrow();
        assertThat(lines).extracting(Job.LogLine::message).containsExactly("begun");
        assertThat(jobs.logs(job, null, lines.get(0).id(), 9).orElseThrow())
                .extracting(Job.LogLine::level)
                .containsExactly("warn");
    }

    @Test
    void anotherTenantSeesNoRecords() {
        JobId id = test.enqueue("export").id();

        assertThat(jobs.attempts(new JobRef(OTHER, id))).isEmpty();
        assertThat(jobs.items(new JobRef(OTHER, id), null, -1, 9)).isEmpty();
        assertThat(jobs.logs(new JobRef(OTHER, id), null, 0, 9)).isEmpty();
    }

    @Test
    void finishedJobsAndDeletedOnesAreFinished() {
        JobId running = test.enqueue("export").id();
        test.start(running);
        JobId finished = test.enqueue("export").id();
        test.complete(finished, "{}");
        JobId unknown = JobId.next();

        assertThat(jobs.finishedAmong(List.of(running, finished, unknown)))
                .containsExactlyInAnyOrder(finished, unknown);
    }

    @Test
    void typicalDurationsAreThoseOfTheTenantsOwnCompletedJobs() {
        for (int seconds : new int[] {1, 2, 30}) {
            JobId id = test.enqueue("export").id();
            test.complete(id, "{}");
            test.jdbi()
                    .useHandle(handle -> handle.execute(
                            "UPDATE jobs SET completed_at = started_at + ? * interval '1 second' WHERE id = ?",
                            seconds,
                            id.value()));
        }
        Durations durations = new Durations(test.jdbi());

        assertThat(durations.of(ACME, "export"))
                .contains(new Durations.Typical(Duration.ofSeconds(2), Duration.ofSeconds(30)));
        assertThat(durations.of(ACME, "import")).isEmpty();
        assertThat(durations.of(OTHER, "export")).isEmpty();
    }

    private static Report report(JobId id, String run) {
        return new Report(
                id,
                run,
                1,
                new Report.Progress(40, 4, 10, 1, "reading"),
                null,
                List.of(
                        ItemOutcome.succeeded(0, "a"),
                        ItemOutcome.failed(1, "b", JobFailure.permanent("encrypted", "needs a password")),
                        ItemOutcome.succeeded(2, "c")),
                List.of(
                        new Report.Line(Instant.now(), LogLevel.INFO, "begun"),
                        new Report.Line(Instant.now(), LogLevel.WARN, "odd")));
    }

    private List<String> attempts(JobId id) {
        return jobs.attempts(new JobRef(ACME, id)).orElseThrow().stream()
                .map(attempt -> attempt.number() + " " + attempt.outcome() + " "
                        + Optional.ofNullable(attempt.failure())
                                .map(failure -> Boolean.toString(failure.retryable()))
                                .orElse("null"))
                .toList();
    }

    private static JobFilter filter(
            @Nullable JobStatus status,
            @Nullable String type,
            @Nullable String queue,
            Map<String, String> labels,
            @Nullable String node) {
        return new JobFilter(status, type, queue, labels, null, null, null, node);
    }

    private List<JobId> list(JobFilter filter) {
        return jobs.list(ACME, filter, null, 10).stream().map(Job::id).toList();
    }
}
