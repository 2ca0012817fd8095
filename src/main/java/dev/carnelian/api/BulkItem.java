package dev.carnelian.api;

import dev.carnelian.queue.NewJob;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One of the jobs that a request wants: ready to be stored, or what is wrong with it. */
record BulkItem(int index, @Nullable NewJob job, @Nullable ApiException flaw) {
    private static final int MOST_DETAILS = 100;

    /** The jobs that can be stored, in their order. */
    static List<NewJob> jobsOf(List<BulkItem> items) {
        return items.stream().map(BulkItem::job).filter(Objects::nonNull).toList();
    }

    /** The answer to a request that is refused because of its wrong jobs: the first one's, with the details of all. */
    static Optional<ApiException> refusal(List<BulkItem> items) {
        List<ApiException> flaws =
                items.stream().map(BulkItem::flaw).filter(Objects::nonNull).toList();
        return flaws.stream()
                .findFirst()
                .map(first -> first.withDetails(flaws.stream()
                        .flatMap(flaw -> flaw.details().stream())
                        .limit(MOST_DETAILS)
                        .toList()));
    }

    /** What is said of each job, the good ones' answers being given in their order. */
    static <T> List<BulkAnswer<T>> answers(List<BulkItem> items, List<T> good) {
        List<BulkAnswer<T>> answers = new ArrayList<>(items.size());
        int next = 0;
        for (BulkItem item : items) {
            ApiException flaw = item.flaw();
            answers.add(
                    flaw == null
                            ? new BulkAnswer<>(item.index(), good.get(next++), null)
                            : new BulkAnswer<>(
                                    item.index(),
                                    null,
                                    new ErrorBody(flaw.code().wireName(), flaw.message(), flaw.details(), null)));
        }
        return answers;
    }
}
