package dev.carnelian.job;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Keeps what an attempt reports; the next attempt of the same job finds its checkpoint. */
public final class RecordingContext implements JobContext {
    public final Map<Integer, ItemOutcome> items = new TreeMap<>();
    public final List<String> progress = new ArrayList<>();

    private final TenantId tenant;
    private final JobId job;
    private final int attempt;
    private @Nullable String checkpoint;
    private @Nullable List<SelectedItem> selected;
    private int cancelAfter = Integer.MAX_VALUE;
    private IntConsumer onProgress = times -> {};

    private RecordingContext(TenantId tenant, JobId job, int attempt, @Nullable String checkpoint) {
        this.tenant = tenant;
        this.job = job;
        this.attempt = attempt;
        this.checkpoint = checkpoint;
    }

    public static RecordingContext first(TenantId tenant) {
        return new RecordingContext(tenant, JobId.next(), 1, null);
    }

    public RecordingContext next() {
        return new RecordingContext(tenant, job, attempt + 1, checkpoint);
    }

    /** Ends the attempt after so many documents, as a lost node or a cancellation would. */
    public RecordingContext cancelledAfter(int documents) {
        cancelAfter = documents;
        return this;
    }

    /** Makes the job a rerun of these items. */
    public RecordingContext selecting(List<SelectedItem> items) {
        selected = items;
        return this;
    }

    /** Calls back after each report of progress with how often there was one. */
    public RecordingContext onProgress(IntConsumer callback) {
        onProgress = callback;
        return this;
    }

    public String codeOf(int position) {
        return Optional.ofNullable(items.get(position))
                .flatMap(ItemOutcome::error)
                .map(failure -> failure.code())
                .orElse("none");
    }

    @Override
    public JobId jobId() {
        return job;
    }

    @Override
    public TenantId tenant() {
        return tenant;
    }

    @Override
    public int attempt() {
        return attempt;
    }

    @Override
    public String runId() {
        return job + "/" + attempt;
    }

    @Override
    public Duration timeLeft() {
        return Duration.ofMinutes(10);
    }

    @Override
    public void progress(int done, int total) {
        throwIfCancelled();
        progress.add(done + "/" + total);
        onProgress.accept(progress.size());
    }

    @Override
    public void message(String message) {}

    @Override
    public void item(ItemOutcome outcome) {
        items.put(outcome.position(), outcome);
    }

    @Override
    public void log(LogLevel level, String message) {}

    @Override
    public void checkpoint(String state) {
        checkpoint = state;
    }

    @Override
    public Optional<String> checkpoint() {
        return Optional.ofNullable(checkpoint);
    }

    @Override
    public Optional<List<SelectedItem>> selected() {
        return Optional.ofNullable(selected);
    }

    @Override
    public void throwIfCancelled() {
        if (items.size() >= cancelAfter) {
            throw new JobCancelledException("the test says so");
        }
    }
}
