package dev.carnelian.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads CSV as RFC 4180 has it, with a header. An empty cell is null, one of two quotes is an empty text. A file whose
 * quotes do not match cannot be read on from there.
 */
final class CsvRows implements RowReader {
    private static final String GUARDED = "=+-@\t\r'";

    private final Iterator<Cells> records;
    private final char delimiter;
    private final boolean guarded;
    private final List<String> header;
    private int number;

    /** What stood between the delimiters; cells beyond a bound are counted, not kept. */
    private record Cells(List<@Nullable String> values, int count, long length) {}

    CsvRows(Reader reader, char delimiter, boolean guarded) throws IOException {
        this.delimiter = delimiter;
        this.guarded = guarded;
        this.records = CsvReader.builder()
                .fieldSeparator(delimiter)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowUnclosedQuote(false)
                .maxBufferSize(MAX_ROW)
                .build(new Collector(), reader)
                .iterator();
        this.header = header();
    }

    private List<String> header() throws IOException {
        Optional<Cells> first = read();
        if (first.isEmpty()) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        for (String name : first.get().values()) {
            names.add(name == null ? "" : unguard(name.strip()));
        }
        if (first.get().count() > MAX_COLUMNS || new HashSet<>(names).size() < names.size() || names.contains("")) {
            throw new JobFailedException(JobFailure.permanent(
                    "invalid_header",
                    "the first line must name up to " + MAX_COLUMNS + " columns, each by a name of its own"));
        }
        return names;
    }

    private Optional<Cells> read() throws IOException {
        try {
            return records.hasNext() ? Optional.of(records.next()) : Optional.empty();
        } catch (CsvParseException e) {
            throw new JobFailedException(
                    JobFailure.permanent(
                            "malformed_csv",
                            "the file cannot be read beyond row %d: %s".formatted(number, e.getMessage())),
                    e);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public Optional<Row> next() throws IOException {
        Optional<Cells> cells = read();
        number += cells.isPresent() ? 1 : 0;
        return cells.map(this::row);
    }

    private Row row(Cells cells) {
        if (cells.length() > MAX_ROW) {
            return Row.broken(
                    number,
                    new RowException("row_too_long", "the row has more than " + MAX_ROW + " characters"),
                    () -> "");
        }
        if (cells.count() > header.size()) {
            return Row.broken(
                    number,
                    new RowException(
                            "too_many_columns",
                            "the row has %d columns, the header %d".formatted(cells.count(), header.size())),
                    () -> raw(cells));
        }
        Map<String, JsonNode> values = new LinkedHashMap<>();
        for (int i = 0; i < cells.values().size(); i++) {
            String value = cells.values().get(i);
            values.put(header.get(i), value == null ? NullNode.instance : TextNode.valueOf(unguard(value)));
        }
        return Row.of(number, values, () -> raw(cells));
    }

    private String unguard(String cell) {
        boolean isGuarded =
                guarded && cell.length() > 1 && cell.charAt(0) == '\'' && GUARDED.indexOf(cell.charAt(1)) >= 0;
        return isGuarded ? cell.substring(1) : cell;
    }

    private String raw(Cells cells) {
        return cells.values().stream()
                .map(cell -> cell == null ? "" : '"' + cell.replace("\"", "\"\"") + '"')
                .collect(Collectors.joining(String.valueOf(delimiter)));
    }

    private static final class Collector extends AbstractBaseCsvCallbackHandler<Cells> {
        private List<@Nullable String> values = new ArrayList<>();
        private int count;
        private long length;

        @Override
        protected void handleBegin(long line) {
            values = new ArrayList<>();
            count = 0;
            length = 0;
        }

        @Override
        protected void handleField(int index, char[] buffer, int offset, int size, boolean quoted) {
            count++;
            length += size;
            if (count <= MAX_COLUMNS && length <= MAX_ROW) {
                values.add(size == 0 && !quoted ? null : new String(buffer, offset, size));
            }
        }

        @Override
        protected Cells buildRecord() {
            return new Cells(values, count, length);
        }
    }
}
