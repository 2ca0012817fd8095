package dev.carnelian.cluster;

import dev.carnelian.job.Backoff;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobId;
import dev.carnelian.job.JobType;
import dev.carnelian.job.SelectedItem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Does what its input says, and remembers which jobs it was given, in order. */
public final class ScriptHandler implements JobHandler<ScriptHandler.Input, ScriptHandler.Result> {
    public static final JobType<Input, Result> TYPE = new JobType<>(
            "script",
            "Does what its input says.",
            Input.class,
            Result.class,
            new JobType.Limits(
                    3,
                    new Backoff(Backoff.Kind.FIXED, Duration.ofMillis(50), Duration.ofMillis(50), 0),
                    Duration.ofSeconds(30)));

    /**
     * What to do.
     *
     * @param then complete, fail (permanently), retry (fail, retryable), later (fail, and say when to retry),
     *     stubborn (ignores interrupts), items (does three, of which all but the first fail, or those it is to do again)
     * @param millis how long it takes, in steps that report progress
     */
    public record Input(String then, int millis) {}

    public record Result(int attempt) {}

    private final List<JobId> started = new CopyOnWriteArrayList<>();

    public List<JobId> started() {
        return started;
    }

    @Override
    public JobType<Input, Result> type() {
        return TYPE;
    }

    @Override
    public Result handle(Input input, JobContext context) throws Exception {
        started.add(context.jobId());
        int steps = Math.max(1, input.millis() / 10);
        for (int step = 1; step <= steps; step++) {
            pause(input);
            if (!input.then().equals("stubborn")) {
                context.progress(step, steps);
            }
        }
        return switch (input.then()) {
            case "fail" -> throw new JobFailedException(JobFailure.permanent("broken", "it is broken"));
            case "later" ->
                throw new JobFailedException(JobFailure.retryable("busy", "come back in two days"))
                        .notBefore(Duration.ofDays(2));
            case "retry" -> throw new IllegalStateException("not this time");
            case "retry_once" -> second(context);
            case "items" -> items(context);
            default -> new Result(context.attempt());
        };
    }

    private static Result second(JobContext context) {
        if (context.attempt() == 1) {
            throw new IllegalStateException("not the first time");
        }
        return new Result(context.attempt());
    }

    private static Result items(JobContext context) {
        List<SelectedItem> items = context.selected()
                .orElse(List.of(new SelectedItem(0, "a"), new SelectedItem(1, "b"), new SelectedItem(2, "c")));
        for (SelectedItem item : items) {
            context.item(
                    item.position() == 0
                            ? ItemOutcome.succeeded(0, item.name())
                            : ItemOutcome.failed(
                                    item.position(), item.name(), JobFailure.permanent("broken", "it is broken")));
        }
        return new Result(context.attempt());
    }

    private static void pause(Input input) throws InterruptedException {
        if (input.millis() == 0) {
            return;
        }
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            if (!input.then().equals("stubborn")) {
                throw e;
            }
        }
    }

    static String input(String then, int millis) {
        return "{\"then\": \"" + then + "\", \"millis\": " + millis + "}";
    }
}
