package dev.carnelian.testkit;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.job.SelectedItem;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** Counts to a number, with the faults it is told to have; every third number is a failed item. */
final class CountingHandler implements JobHandler<CountingHandler.Input, CountingHandler.Result> {
    record Input(@Min(1) @Max(100) int to) {}

    record Result(int counted, int failed) {}

    enum Fault {
        NONE,
        FORGETS_WHAT_AN_ATTEMPT_DID,
        STARTS_AGAIN,
        SWALLOWS_CANCELLATION,
        IGNORES_INTERRUPTS,
        IGNORES_THE_SELECTION,
        FALLING_PROGRESS,
        RETURNS_NOTHING,
        FAILS
    }

    private final Fault fault;
    private final AtomicLong work = new AtomicLong();

    CountingHandler(Fault fault) {
        this.fault = fault;
    }

    long work() {
        return work.get();
    }

    @Override
    public JobType<Input, Result> type() {
        return new JobType<>("count", "Counts", Input.class, Result.class, JobType.Limits.standard());
    }

    @Override
    @SuppressWarnings("NullAway") // one of the faults
    public Result handle(Input input, JobContext context) {
        List<SelectedItem> items = context.selected()
                .filter(only -> fault != Fault.IGNORES_THE_SELECTION)
                .orElseGet(() -> IntStream.range(0, input.to())
                        .mapToObj(position -> new SelectedItem(position, "number " + position))
                        .toList());
        int done = fault == Fault.STARTS_AGAIN
                ? 0
                : context.checkpoint().map(Integer::parseInt).orElse(0);
        int counted = fault == Fault.FORGETS_WHAT_AN_ATTEMPT_DID ? -done : 0;
        try {
            for (; done < items.size(); done++) {
                step(items, done, context);
            }
        } catch (JobCancelledException e) {
            if (fault == Fault.IGNORES_INTERRUPTS) {
                sleepOn();
            }
            if (fault != Fault.SWALLOWS_CANCELLATION) {
                throw e;
            }
        }
        int failed =
                (int) items.stream().filter(item -> item.position() % 3 == 2).count();
        return fault == Fault.RETURNS_NOTHING ? null : new Result(counted + items.size(), failed);
    }

    private void step(List<SelectedItem> items, int done, JobContext context) {
        SelectedItem item = items.get(done);
        if (fault == Fault.FAILS && done == 2) {
            throw new JobFailedException(JobFailure.permanent("broken", "it is broken"));
        }
        work.incrementAndGet();
        context.item(
                item.position() % 3 == 2
                        ? ItemOutcome.failed(item.position(), item.name(), JobFailure.permanent("third", "of three"))
                        : ItemOutcome.succeeded(item.position(), item.name()));
        context.checkpoint(Integer.toString(done + 1));
        context.progress(fault == Fault.FALLING_PROGRESS && done == 3 ? 1 : done + 1, items.size());
    }

    private static void sleepOn() {
        long until = System.nanoTime() + 7_000_000_000L;
        while (System.nanoTime() < until) {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                // as a handler does that was written without care
            }
        }
    }
}
