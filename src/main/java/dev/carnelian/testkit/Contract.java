package dev.carnelian.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobType;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.job.TenantId;
import dev.carnelian.testkit.TestAttempt.Ending;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** What every handler has to keep, asserted by running many jobs, each of a tenant of its own. */
final class Contract {
    /** Where an attempt is lost or cancelled: at this many of its reports, spread evenly. */
    private static final int POINTS = 8;

    private final CarnelianTestKit kit;
    private final JobHandler<?, ?> handler;
    private final Function<TenantId, String> input;

    /** What a job comes to when nothing disturbs it. */
    private record Undisturbed(JsonNode result, Map<Integer, ItemOutcome> items, int reports, long work) {}

    Contract(CarnelianTestKit kit, JobHandler<?, ?> handler, Function<TenantId, String> input) {
        this.kit = kit;
        this.handler = handler;
        this.input = input;
    }

    void verify() {
        checkType();
        Undisturbed undisturbed = undisturbed();
        checkLostOutcome(undisturbed);
        for (int point : points(undisturbed.reports())) {
            checkLoss(undisturbed, point, point);
            checkLoss(undisturbed, point, 0);
            checkCancellation(undisturbed, point);
        }
        checkSelection(undisturbed);
    }

    private TestJob newJob() {
        // Of no other run either, as the database of a test may be the same.
        TenantId tenant = new TenantId("test-" + JobId.next());
        return kit.job(tenant, input.apply(tenant));
    }

    private void checkType() {
        JobType<?, ?> type = handler.type();
        require(type.equals(handler.type()), "type() does not give the same value each time");
        require(type.input().isRecord(), "the input is not a record: " + type.input());
        require(type.result().isRecord(), "the result is not a record: " + type.result());
    }

    private Undisturbed undisturbed() {
        TestJob job = newJob();
        long before = work();
        TestAttempt attempt = job.run();
        require(attempt.ending() == Ending.COMPLETED, "an undisturbed attempt ended " + attempt, attempt);
        require(attempt.result().isObject(), "the result is no JSON object: " + attempt.result());
        return new Undisturbed(compared(attempt.result()), Map.copyOf(job.items()), attempt.reports(), work() - before);
    }

    /** The handler was done, but its node was lost before it could say so. */
    private void checkLostOutcome(Undisturbed undisturbed) {
        TestJob job = newJob();
        long before = work();
        job.run();
        String when = "when the outcome of a completed attempt is lost";
        checkRecovery(undisturbed, job, when);
        checkWork(undisturbed, before, when);

        TestJob silent = newJob();
        silent.loseOutcome();
        checkRecovery(undisturbed, silent, when + " with all of its reports");
    }

    private void checkLoss(Undisturbed undisturbed, int point, int written) {
        TestJob job = newJob();
        long before = work();
        job.loseAfter(point, written);
        String reports = written == 0 ? "none of them written" : "all of them written";
        String when = "after the loss of an attempt at report " + point + ", " + reports;
        checkRecovery(undisturbed, job, when);
        if (written > 0) {
            checkWork(undisturbed, before, when);
        }
    }

    private void checkRecovery(Undisturbed undisturbed, TestJob job, String when) {
        TestAttempt next = job.run();
        require(next.ending() == Ending.COMPLETED, when + " the next one ended " + next, next);
        JsonNode result = compared(next.result());
        require(
                result.equals(undisturbed.result()),
                when + " the result is " + result + " instead of " + undisturbed.result());
        require(
                told(job.items()).equals(told(undisturbed.items())),
                when + " the items are " + told(job.items()) + " instead of " + told(undisturbed.items()));
    }

    /** Only of what was written: without it, the next attempt may do all again. */
    private void checkWork(Undisturbed undisturbed, long before, String when) {
        CarnelianTestKit.Work counted = kit.work();
        if (counted != null) {
            long most = undisturbed.work() + counted.inFlight();
            long done = work() - before;
            require(done <= most, when + " " + done + " units of work were done in all, where " + most + " would do");
        }
    }

    private void checkCancellation(Undisturbed undisturbed, int point) {
        TestAttempt attempt = newJob().cancelAfter(point);
        String when = "cancelled at report " + point + " of " + undisturbed.reports();
        if (attempt.reports() < point) {
            return; // it reports less this time
        }
        require(attempt.ending() == Ending.CANCELLED, when + " an attempt ended " + attempt, attempt);
        require(
                attempt.thrown().isPresent() || point >= undisturbed.reports(),
                when + " an attempt returned a result: it must let the cancellation through");
    }

    private void checkSelection(Undisturbed undisturbed) {
        if (undisturbed.items().size() < 2) {
            return;
        }
        TreeMap<Integer, ItemOutcome> items = new TreeMap<>(undisturbed.items());
        items.pollFirstEntry();
        List<SelectedItem> selected = items.values().stream()
                .map(item -> new SelectedItem(item.position(), item.name()))
                .toList();
        TestJob job = newJob().selecting(selected);
        String when = "asked for all items but the first";
        TestAttempt attempt = checkSelected(selected, job, when);

        TestJob lost = newJob().selecting(selected);
        lost.loseAfter(1 + attempt.reports() / 2, 0);
        checkSelected(selected, lost, when + ", after the loss of an attempt at half of them,");
    }

    private TestAttempt checkSelected(List<SelectedItem> selected, TestJob job, String when) {
        TestAttempt attempt = job.run();
        require(attempt.ending() == Ending.COMPLETED, when + " an attempt ended " + attempt, attempt);
        List<SelectedItem> reported = job.items().values().stream()
                .map(item -> new SelectedItem(item.position(), item.name()))
                .toList();
        require(reported.equals(selected), when + " it reports " + reported + " instead of " + selected);
        return attempt;
    }

    /** Spread over the reports, with the first and the last of them. */
    private static Set<Integer> points(int reports) {
        Set<Integer> points = new TreeSet<>();
        for (int i = 0; i < POINTS && reports > 0; i++) {
            points.add(1 + i * (reports - 1) / (POINTS - 1));
        }
        return points;
    }

    private JsonNode compared(JsonNode result) {
        return result instanceof ObjectNode object ? object.deepCopy().remove(kit.ignored()) : result;
    }

    /** Messages may name times and places; what became of an item is its code. */
    private static Map<Integer, String> told(Map<Integer, ItemOutcome> items) {
        Map<Integer, String> told = new TreeMap<>();
        items.forEach((position, item) -> told.put(
                position, item.name() + " " + item.error().map(e -> e.code()).orElse("succeeded")));
        return told;
    }

    private long work() {
        CarnelianTestKit.Work counted = kit.work();
        return counted == null ? 0 : counted.units().getAsLong();
    }

    private void require(boolean kept, String otherwise) {
        if (!kept) {
            throw new AssertionError(handler.type().name() + ": " + otherwise);
        }
    }

    private void require(boolean kept, String otherwise, TestAttempt attempt) {
        if (!kept) {
            throw new AssertionError(
                    handler.type().name() + ": " + otherwise, attempt.thrown().orElse(null));
        }
    }
}
