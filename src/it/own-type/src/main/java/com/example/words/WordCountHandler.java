package com.example.words;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.job.SelectedItem;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.stream.IntStream;

/** Counts words. What is counted stands in the checkpoint, so a later attempt goes on after it. */
public final class WordCountHandler implements JobHandler<WordCountHandler.Input, WordCountHandler.Result> {
    /**
     * @param texts what to count in, each an item of the job
     * @param pauseMs how long to rest after each text, none unless it is given
     */
    public record Input(
            @NotEmpty @Size(max = 1_000) List<@NotNull @Size(max = 10_000) String> texts,
            @Min(0) @Max(1_000) Integer pauseMs) {}

    public record Result(int texts, int errors, long words) {
        Result plus(int count) {
            return count == 0
                    ? new Result(texts, errors + 1, words)
                    : new Result(texts + 1, errors, words + count);
        }

        int done() {
            return texts + errors;
        }

        String written() {
            return texts + " " + errors + " " + words;
        }

        static Result read(String written) {
            String[] parts = written.split(" ");
            return new Result(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Long.parseLong(parts[2]));
        }
    }

    @Override
    public JobType<Input, Result> type() {
        return new JobType<>(
                "word_count", "Counts the words of texts", Input.class, Result.class, JobType.Limits.standard());
    }

    @Override
    public Result handle(Input input, JobContext context) throws InterruptedException {
        List<SelectedItem> items = context.selected().orElseGet(() -> all(input));
        Result result = context.checkpoint().map(Result::read).orElse(new Result(0, 0, 0));
        while (result.done() < items.size()) {
            SelectedItem item = items.get(result.done());
            int count = count(input.texts().get(item.position()));
            result = result.plus(count);
            context.item(
                    count > 0
                            ? ItemOutcome.succeeded(item.position(), item.name())
                            : ItemOutcome.failed(
                                    item.position(),
                                    item.name(),
                                    JobFailure.permanent("no_words", "the text has no words")));
            context.checkpoint(result.written());
            context.progress(result.done(), items.size());
            Thread.sleep(input.pauseMs() == null ? 0 : input.pauseMs());
        }
        return result;
    }

    private static List<SelectedItem> all(Input input) {
        return IntStream.range(0, input.texts().size())
                .mapToObj(position -> new SelectedItem(position, "text " + (position + 1)))
                .toList();
    }

    private static int count(String text) {
        return text.isBlank() ? 0 : text.strip().split("\\s+").length;
    }
}
