package dev.carnelian.transfer;

import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.transfer.ImportLedger.Standing;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of an import, row by row. Rows are committed in batches together with the number of the last one; an import
 * that is to be all or nothing, or nothing at all, is one transaction.
 */
final class ImportRun {
    /** Failed rows that are shown as items; the error file has all of them. */
    static final int MOST_ITEMS = 1_000;

    private static final int BATCH_ROWS = 1_000;
    private static final int BATCH_SIZE = 4 << 20;
    private static final int KIB = 1024;

    private final ImportInput input;
    private final JobContext context;
    private final ImportLedger ledger;
    private final ImportFile file;
    private final ImportStore store;
    private final @Nullable Set<Integer> selected;
    private final Tally tally;
    private int rowsDone;

    private final List<Staged> batch = new ArrayList<>();
    private final List<RowError> errors = new ArrayList<>();
    private final List<ItemOutcome> succeeded = new ArrayList<>();
    private int batchSize;

    ImportRun(ImportInput input, JobContext context, ImportLedger ledger, ImportFile file, ImportStore store) {
        this.input = input;
        this.context = context;
        this.ledger = ledger;
        this.file = file;
        this.store = store;
        this.selected = context.selected()
                .map(items -> items.stream().map(SelectedItem::position).collect(Collectors.toSet()))
                .orElse(null);
        this.rowsDone = ledger.standing().rowsDone();
        this.tally = new Tally(ledger.standing());
    }

    /** Whether nothing may be committed before the end. */
    private boolean isOneTransaction() {
        return input.isAllOrNothing() || input.isDryRun();
    }

    /**
     * @param maxRows that the file may have
     */
    Standing run(int maxRows) throws IOException, SQLException {
        Handle transaction = store.handle();
        transaction.begin();
        Optional<Row> row = file.rows().next();
        while (row.isPresent() && !hasTooManyErrors()) {
            refuseBeyond(maxRows, row.get());
            take(row.get());
            row = file.rows().next();
        }
        flush();
        if (input.isDryRun()) {
            transaction.rollback();
            transaction.begin();
        }
        Standing end = ledger.finish(transaction, rowsDone, tally, file);
        transaction.commit();
        reportSucceeded();
        return end;
    }

    private static void refuseBeyond(int maxRows, Row row) {
        if (row.number() > maxRows) {
            throw new JobFailedException(
                    JobFailure.permanent("too_many_rows", "the file has more than " + maxRows + " rows"));
        }
    }

    private void take(Row row) throws IOException, SQLException {
        if (row.number() % BATCH_ROWS == 0) {
            context.throwIfCancelled();
        }
        if (row.number() <= rowsDone || (selected != null && !selected.contains(row.number()))) {
            return;
        }
        stage(row);
        if (batch.size() + errors.size() >= BATCH_ROWS || batchSize >= BATCH_SIZE) {
            flush();
        }
    }

    private void stage(Row row) {
        try {
            if (row.problem() != null) {
                throw row.problem();
            }
            Staged staged = store.target().stage(row, new Fields(row, input.mappingOrNone()));
            batch.add(staged);
            batchSize += staged.size();
        } catch (RowException e) {
            tally.add(e.code());
            errors.add(RowError.of(row, e.code(), e.message()));
        }
    }

    private void flush() throws IOException, SQLException {
        int last = Math.max(
                batch.isEmpty() ? 0 : batch.get(batch.size() - 1).row().number(),
                errors.isEmpty() ? 0 : errors.get(errors.size() - 1).number());
        if (last == 0) {
            return;
        }
        storeBatch();
        errors.sort(Comparator.comparingInt(RowError::number));
        if (!errors.isEmpty()) {
            ledger.keep(errors);
        }
        rowsDone = last;
        if (!isOneTransaction()) {
            ledger.advance(store.handle(), rowsDone, tally);
            store.handle().commit();
            store.handle().begin();
            reportSucceeded();
        }
        report();
        batch.clear();
        errors.clear();
        batchSize = 0;
    }

    private void storeBatch() throws IOException, SQLException {
        Map<Integer, String> verdicts = batch.isEmpty() ? new HashMap<>() : store.store(batch);
        for (Staged staged : batch) {
            String verdict = verdicts.getOrDefault(staged.row().number(), "rejected_by_database");
            tally.add(verdict);
            if (!verdict.equals(Target.IMPORTED) && !verdict.equals(Target.UPDATED)) {
                errors.add(RowError.of(staged.row(), verdict));
            } else if (selected != null) {
                int number = staged.row().number();
                succeeded.add(ItemOutcome.succeeded(number, RowError.nameOf(number)));
            }
        }
    }

    private void report() {
        int before = tally.failed() - errors.size();
        errors.stream().limit(Math.max(0, MOST_ITEMS - before)).forEach(error -> context.item(error.item()));
        int total = Math.max(1, Math.toIntExact(file.bytes() / KIB));
        context.progress(Math.toIntExact(Math.min(total, file.bytesRead() / KIB)), total);
        context.message(
                "%d rows imported, %d updated, %d failed".formatted(tally.imported(), tally.updated(), tally.failed()));
        if (!errors.isEmpty() && input.isAllOrNothing() && !input.isDryRun()) {
            RowError first = errors.get(0);
            throw new JobFailedException(JobFailure.permanent(
                    "row_failed",
                    "nothing was imported, because of row %d: %s (%s)"
                            .formatted(first.number(), first.message(), first.code())));
        }
    }

    private void reportSucceeded() {
        succeeded.forEach(context::item);
        succeeded.clear();
    }

    /** Whether so many rows have failed that the file or the mapping must be wrong. */
    private boolean hasTooManyErrors() {
        return tally.failed() > input.maxErrorsOrDefault();
    }
}
